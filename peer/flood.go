package peer

import (
	"time"

	"hlspeer/datachannel"
)

// What a remote may say: so many at once, and in the long run one each so often.
// A child asks for each segment once, and a neighbour tells of each once.
var (
	messagePace = pace{burst: 500, each: time.Second / 200}
	requestPace = pace{burst: 100, each: time.Second / 50}
	// offerPace is for offers of links, of all remotes together: each that is
	// accepted costs a handshake, and a socket where no port is fixed.
	offerPace = pace{burst: 100, each: time.Second / 10}
)

// pace says what comes too fast.
type pace struct {
	burst int
	each  time.Duration
	ahead time.Time // when the burst will be whole again
}

// over counts one, and says whether it is one too many.
func (p *pace) over(now time.Time) bool {
	if p.ahead.Before(now) {
		p.ahead = now
	}
	if p.ahead.Sub(now) > time.Duration(p.burst)*p.each {
		return true
	}
	p.ahead = p.ahead.Add(p.each)
	return false
}

// floodgate is what a link lets through. It belongs to the goroutine that reads
// the link.
type floodgate struct {
	all, asks pace
	struck    time.Time
}

func newFloodgate() floodgate { return floodgate{all: messagePace, asks: requestPace} }

// floods says whether a message is one too many, and is not to be heeded: a
// REQUEST is answered LACK. It counts, and where it goes on for ten seconds the
// link closes; a burst is forgiven.
func (l *link) floods(dc *datachannel.Link, m datachannel.Message, now time.Time) bool {
	over := l.gate.all.over(now)
	r, asks := m.(datachannel.Request)
	if asks && l.gate.asks.over(now) {
		over = true
	}
	if !over {
		return false
	}
	if asks {
		l.up.lack(dc, r)
	}
	if now.Sub(l.gate.struck) >= time.Second {
		l.gate.struck = now
		dc.Strike(datachannel.Flood)
	}
	return true
}
