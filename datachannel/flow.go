package datachannel

import "time"

// flow decides when the next bytes of a link may leave: how many may be under way
// at once, and how fast they follow one another. It measures what the path
// delivers and how long that takes, and keeps about as much under way as the path
// holds, in the manner of BBR: neither random loss slows it down, as it does
// SCTP's own congestion control, nor does it fill the queues of the path.
//
// It is a state machine without a clock: the writing goroutine tells it what has
// been written and acknowledged, and when.
type flow struct {
	most int // bytes that may be under way in any case

	written   uint64 // bytes handed to the channel
	delivered uint64 // of these, acknowledged
	arrivedAt time.Time
	leftAt    time.Time // when what was acknowledged last had been written
	pause     uint64    // delivered when nothing was under way last
	sent      []parcel  // not acknowledged yet, oldest first

	rtt    minRTT
	rate   maxRate
	rounds rounds

	phase   phase
	cycle   int           // of gains, in the phase cruising
	cycleAt time.Time     // when its gain began
	path    time.Duration // the shortest round trip before the phase probing
	next    time.Time     // when the next message may leave
}

// parcel is a message under way, and what was known when it left.
type parcel struct {
	end       uint64 // written after it
	at        time.Time
	delivered uint64
	arrivedAt time.Time
	leftAt    time.Time
	idle      bool // the path could have carried more
	fresh     bool // nothing had arrived since a pause
}

type phase uint8

const (
	starting phase = iota // doubling until the path delivers no more
	draining              // emptying the queue that this has made
	cruising              // as fast as the path delivers, now and then a bit more
	probing               // a short time with little under way, to see the path's own delay
)

const (
	// firstWindow is what may be under way before anything is known: the amount
	// that helped or did no harm on every path measured.
	firstWindow = 64 << 10
	// smallWindow is what may be under way on any path: less than two packets,
	// so that no path is without work while an acknowledgement travels.
	smallWindow = 24 << 10
	// slack is how long a standing queue may be, beyond what the path holds. It
	// covers what is late for other reasons than the path: busy processors.
	slack = 10 * time.Millisecond
	// burst is for how long messages may leave at once, after a pause.
	burst = 2 * time.Millisecond
	// gainPhase is the shortest time that one gain of the cycle holds.
	gainPhase = 10 * time.Millisecond
	// startupGain lets the amount under way double in each round.
	startupGain = 2.8
	// spare is what may wait on the way at any rate: one packet.
	spare = 16 << 10
)

// gains are the multiples of the measured rate that take turns in the phase
// cruising: a bit more, to find out whether there is more; less, so that the queue
// which that made empties; and the rate itself.
var gains = [...]float64{1.25, 0.75, 1, 0.99, 0.99, 0.99, 0.99, 0.99}

// wrote notes that a message of n bytes has been written.
func (f *flow) wrote(now time.Time, n int) {
	idle := now.Sub(f.next) > burst && f.underWay()+n < f.window()*3/4
	if f.underWay() == 0 {
		f.arrivedAt, f.leftAt, f.pause = now, now, f.delivered
	}
	f.written += uint64(n)
	f.sent = append(f.sent, parcel{f.written, now, f.delivered, f.arrivedAt, f.leftAt, idle, f.delivered == f.pause})
	if pace := f.pace(); pace > 0 {
		if earliest := now.Add(-burst); f.next.Before(earliest) {
			f.next = earliest
		}
		f.next = f.next.Add(time.Duration(float64(n) / pace * float64(time.Second)))
	}
}

// underWay is the number of bytes not acknowledged.
func (f *flow) underWay() int { return int(f.written - f.delivered) }

// acknowledged takes the number of bytes that are not acknowledged yet. There is
// something to learn from it only if that is news: what a writer finds that had
// not been waiting for it may have arrived long ago.
func (f *flow) acknowledged(now time.Time, buffered uint64, news bool) {
	delivered := f.written - min(buffered, f.written)
	if delivered <= f.delivered {
		return
	}
	f.delivered, f.arrivedAt = delivered, now
	var last parcel
	n := 0
	for n < len(f.sent) && f.sent[n].end <= delivered {
		last = f.sent[n]
		n++
	}
	if n == 0 {
		return
	}
	f.sent = append(f.sent[:0], f.sent[n:]...)
	f.leftAt = last.at
	if news {
		f.learn(now, last)
	}
}

// oldest is how many bytes are not acknowledged any more at most when the oldest
// message under way has arrived; false if there is none.
func (f *flow) oldest() (low uint64, ok bool) {
	if len(f.sent) == 0 {
		return 0, false
	}
	return f.written - f.sent[0].end, true
}

// learn takes the acknowledgement of a message.
func (f *flow) learn(now time.Time, p parcel) {
	took := now.Sub(p.at)
	f.rtt.add(now, took)
	begun := f.rounds.add(now, p.delivered, f.delivered, took)
	// The longer of two times, and no less than a round trip: messages may leave in
	// a burst, and their acknowledgements may come in one. What left before anything
	// arrived has in it the time until then, so that it tells only the least that the
	// path carries.
	span := max(now.Sub(p.arrivedAt), p.at.Sub(p.leftAt), f.rtt.least)
	least := p.idle || p.fresh
	if f.rate.best > 0 || !p.idle {
		f.rate.add(f.rounds.n, float64(f.delivered-p.delivered)/span.Seconds(), least)
	}
	f.turn(now, begun, least)
}

// turn changes the phase.
func (f *flow) turn(now time.Time, round, idle bool) {
	switch f.phase {
	case starting:
		if round && !idle && (f.rate.full() || f.rounds.late(f.rtt.least)) {
			f.phase = draining
		}
	case draining:
		if f.underWay() <= f.holds()+spare {
			f.cruise(now, len(gains)-1)
		}
	case cruising:
		switch {
		case f.rtt.old(now):
			f.phase, f.cycleAt = probing, time.Time{}
		case now.Sub(f.cycleAt) >= max(f.rtt.least, gainPhase):
			f.cruise(now, f.cycle+1)
		}
	case probing:
		switch {
		case !f.cycleAt.IsZero():
			f.probed(now)
		case f.underWay() <= smallWindow:
			f.path, f.rtt.stale, f.cycleAt = f.rtt.least, true, now
		}
	}
}

// probed ends the phase probing when it has lasted long enough. A path that has
// become longer has carried little since then, and begins anew.
func (f *flow) probed(now time.Time) {
	switch {
	case now.Sub(f.cycleAt) < max(f.rtt.least, gainPhase):
	case f.rtt.least > f.path*3/2+slack:
		f.phase = starting
		f.rate.plateau, f.rate.beaten = 0, 0
	default:
		f.cruise(now, len(gains)-1)
	}
}

func (f *flow) cruise(now time.Time, cycle int) {
	f.phase, f.cycle, f.cycleAt = cruising, cycle%len(gains), now
}

// window is how many bytes may be under way.
func (f *flow) window() int {
	var window int
	holds := f.holds()
	switch {
	case f.rate.best == 0:
		window = firstWindow
	case f.phase == starting:
		window = 2*holds + f.queue()
	case f.phase == probing:
		window = smallWindow
	default:
		window = holds + f.queue()
	}
	return min(max(window, smallWindow), f.most)
}

// holds is how many bytes are under way when the path is full and nothing waits.
func (f *flow) holds() int { return int(f.rate.best * f.rtt.least.Seconds()) }

// queue is how many bytes of ours may wait on the way. What does not grow with
// the rate lets those who have little of a shared path catch up.
func (f *flow) queue() int {
	return int(f.rate.best*max(slack, f.rtt.least/3).Seconds()) + spare
}

// pace is the rate at which messages leave, bytes per second; 0: at once.
func (f *flow) pace() float64 {
	switch f.phase {
	case starting:
		return startupGain * f.rate.best
	case draining:
		return f.rate.best / startupGain
	case cruising:
		return gains[f.cycle] * f.rate.best
	default:
		return f.rate.best
	}
}

// mayWrite says whether a message of n bytes may leave now. If not, it may after
// a time, or once no more than low bytes are unacknowledged; 0: that does not
// help, or is not needed.
func (f *flow) mayWrite(now time.Time, n int) (ok bool, low uint64, wait time.Duration) {
	room := max(f.window()-n, 0)
	wait = f.next.Sub(now)
	if f.underWay() <= room && wait <= 0 {
		return true, 0, 0
	}
	low, _ = f.oldest() // there is something to learn then
	if f.underWay() > room {
		return false, max(low, uint64(room)), max(wait, 0)
	}
	return false, low, wait
}
