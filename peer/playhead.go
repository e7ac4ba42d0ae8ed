package peer

import (
	"slices"
	"time"
)

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
	lag   time.Duration // live
	asked time.Duration // when a player last asked for anything
	real  bool          // a player set the lag
	heads []head        // on demand: those of players, the one that asked last in front
}

// head is where a player is on demand.
type head struct {
	place time.Duration // of what it asked for last
	lag   time.Duration
}

// maxHeads is how many players at different places are told from each other.
const maxHeads = 8

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
// demand, players seek: what does not come next for any of them is played at once.
// The lag follows those that pause.
func (p *playhead) demand(at, now, segment time.Duration, live bool) {
	if live {
		if quiet := now-p.asked > 2*startBehind*segment; !p.real || quiet {
			p.lag = min(now-at, startBehind*segment)
		}
	} else {
		p.move(at, now-at, segment)
	}
	p.set, p.real, p.asked = true, true, now
}

// move puts the head that goes on at a place there, or a new one.
func (p *playhead) move(at, lag, segment time.Duration) {
	i := slices.IndexFunc(p.heads, func(h head) bool { return (at - h.place).Abs() <= segment*5/2 })
	h := head{at, lag}
	switch {
	case i >= 0:
		h.lag = max(lag, p.heads[i].lag)
		p.heads = slices.Delete(p.heads, i, i+1)
	case len(p.heads) == maxHeads:
		p.heads = p.heads[:maxHeads-1]
	}
	p.heads = slices.Insert(p.heads, 0, h)
}

// watched says whether a player asked for something within d.
func (p *playhead) watched(now, d time.Duration) bool { return p.real && now-p.asked <= d }

// playAt is when playback reaches the segment at the place at. On demand that is
// of the player that is next to come there.
func (p *playhead) playAt(at time.Duration) time.Duration {
	lag, behind := p.lag, time.Duration(-1)
	for i, h := range p.heads {
		if d := at - h.place; i == 0 || d >= 0 && (behind < 0 || d < behind) {
			lag, behind = h.lag, d
		}
	}
	return at + lag
}
