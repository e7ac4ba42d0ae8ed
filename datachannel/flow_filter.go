package datachannel

import "time"

// minRTT is the shortest round trip of the last while.
type minRTT struct {
	least time.Duration // 0: none yet
	at    time.Time
	stale bool // the next one counts in any case
}

// rttLasts is how long the shortest round trip counts until it is measured anew.
const rttLasts = 10 * time.Second

func (m *minRTT) add(now time.Time, took time.Duration) {
	took = max(took, time.Microsecond)
	if m.least == 0 || m.stale || took <= m.least {
		m.least, m.at, m.stale = took, now, false
	}
}

func (m *minRTT) old(now time.Time) bool { return now.Sub(m.at) > rttLasts }

// maxRate is the highest rate of the last rounds, bytes per second.
type maxRate struct {
	best  float64
	slots [rateRounds]float64 // by round
	round int                 // of the newest slot

	plateau float64 // the rate that has to be beaten by a quarter
	beaten  int     // rounds since that happened
}

// rateRounds is for how many rounds a rate counts.
const rateRounds = 10

// add takes the rate of a message in a round. One that is the least that the path
// carries takes nothing back.
func (m *maxRate) add(round int, rate float64, least bool) {
	if least && rate < m.best {
		return
	}
	for m.round < round {
		m.round++
		m.slots[m.round%rateRounds] = 0
	}
	slot := &m.slots[round%rateRounds]
	*slot = max(*slot, rate)
	m.best = 0
	for _, r := range m.slots {
		m.best = max(m.best, r)
	}
}

// full says, asked once per round, that the rate has not grown for three rounds.
func (m *maxRate) full() bool {
	if m.best >= 1.25*m.plateau {
		m.plateau, m.beaten = m.best, 0
		return false
	}
	m.beaten++
	return m.beaten >= 3
}

// rounds counts round trips by what is delivered: one ends with the
// acknowledgement of a message that left after its beginning, but not before a
// gain of the cycle has had its time.
type rounds struct {
	n     int
	end   uint64
	at    time.Time     // when it began
	least time.Duration // the shortest trip of the round under way
	last  time.Duration // and of the one before
}

// add takes the acknowledgement of a message that left when delivered bytes had
// arrived. It returns true if that begins a round.
func (r *rounds) add(now time.Time, atStart, delivered uint64, took time.Duration) bool {
	begun := atStart >= r.end && now.Sub(r.at) >= gainPhase
	if begun {
		r.n++
		r.end, r.at = delivered, now
		r.last, r.least = r.least, 0
	}
	if r.least == 0 || took < r.least {
		r.least = took
	}
	return begun
}

// late says that every message of the last round took clearly longer than the
// path itself takes: a queue has built up.
func (r *rounds) late(path time.Duration) bool { return r.last > path*5/4+slack }
