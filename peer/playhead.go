package peer

import "time"

// startBehind is where playback of a live channel begins: this many segments
// before the edge (protocol 7.5).
const startBehind = 3

// playhead guesses when playback reaches a segment: a constant lag after the
// segment's place on the time line, so that it follows the source's clock.
// Players do not tell their position. What is known is that a segment is
// never asked for after it should have played, and that the first one asked
// for plays at once. Not safe for concurrent use.
type playhead struct {
	set   bool
	lag   time.Duration
	asked time.Duration // when a player last asked for anything
	place time.Duration // of what it asked for, on demand
	real  bool          // a player set the lag
}

// follow places the playhead for a track that nobody watches: nothing is
// urgent, everything is fetched ahead.
func (p *playhead) follow(segment time.Duration) {
	if !p.set {
		*p = playhead{set: true, lag: (startBehind - 1) * segment}
	}
}

// demand takes note that a player asks now for the segment at the place at.
// Live, the lag is set anew after a pause of demands only, and kept below what
// players use, so that of several players the most hurried one is served. On
// demand, players seek: what does not come next is played at once, and the lag
// follows players that pause.
func (p *playhead) demand(at, now, segment time.Duration, live bool) {
	lag := now - at
	switch quiet := now-p.asked > 2*startBehind*segment; {
	case live && (!p.real || quiet):
		p.lag = min(lag, startBehind*segment)
	case !live && (!p.real || lag > p.lag || !p.next(at, segment)):
		p.lag = lag
	}
	p.set, p.real, p.asked, p.place = true, true, now, at
}

// next says that a player that asks for the segment at the place at goes on
// where it was, give or take a segment.
func (p *playhead) next(at, segment time.Duration) bool {
	return (at - p.place).Abs() <= segment*5/2
}

// watched says whether a player asked for something within d.
func (p *playhead) watched(now, d time.Duration) bool { return p.real && now-p.asked <= d }

// playAt is when playback reaches the segment at the place at.
func (p *playhead) playAt(at time.Duration) time.Duration { return at + p.lag }
