package tracker

import (
	"time"

	"hlspeer/signaling"
)

// A reason is why a message of a peer is not heeded.
type reason int

const (
	ignoredStranger   reason = iota // a link of others
	ignoredUnknown                  // a link between peers of whom at least one is not here
	ignoredSelf                     // a link of a peer with itself
	ignoredCycle                    // a link that would make a peer its own ancestor
	ignoredOverload                 // a link that the parent's uplink cannot carry
	ignoredParents                  // more links to parents than anybody needs
	ignoredAdopt                    // of who is no ancestor, or cannot be adopted now
	ignoredFlood                    // asked or said too often
	ignoredStatistics               // more traffic than any line carries
	ignoredEnter                    // who has entered enters again
	ignoredKey                      // who comes without a key that is asked for
	reasons
)

// String is the word of the metric.
func (w reason) String() string {
	return [reasons]string{
		"stranger", "unknown", "self", "cycle", "overload", "parents", "adopt", "flood", "statistics", "enter", "key",
	}[w]
}

// ignore counts what the room does not heed, or undoes at once.
func (r *Room) ignore(why reason) { r.ignored[why]++ }

// takeIgnored returns what was counted since it was last called.
func (r *Room) takeIgnored() [reasons]int {
	counts := r.ignored
	r.ignored = [reasons]int{}
	return counts
}

// party reports whether a link is from's own.
func (r *Room) party(from, child, parent *node) bool {
	if from == child || from == parent {
		return true
	}
	r.ignore(ignoredStranger)
	return false
}

// ignoreLink counts a link that is refused.
func (r *Room) ignoreLink(child, parent *node) {
	if r.feeds(child, parent) {
		r.ignore(ignoredCycle)
	} else {
		r.ignore(ignoredOverload)
	}
}

// maxRepeats is how often a peer may say the same at once. After that, once a
// second is heard.
const maxRepeats = 10

// A habit is how often a peer says the same. The zero value is ready.
type habit struct{ ahead time.Duration }

// again counts, and reports whether it is too often.
func (h *habit) again(now time.Duration) bool {
	ahead := max(h.ahead, now) + time.Second
	if ahead > now+maxRepeats*time.Second {
		return true
	}
	h.ahead = ahead
	return false
}

// flooding reports whether a peer says something too often to be heard.
func (r *Room) flooding(p *node, m signaling.Message) bool {
	var h *habit
	switch m.(type) {
	case signaling.GetParents:
		h = &p.asks
	case signaling.UplinkBW:
		h = &p.claims
	default:
		return false
	}
	if !h.again(r.now) {
		return false
	}
	r.ignore(ignoredFlood)
	return true
}

const (
	// maxTrafficRate is the most that a line is believed to bring, in KB of 1024
	// bytes a second: 10 Gbit/s.
	maxTrafficRate = 10e9 / 8 / 1024
	// reportSlack is for what a peer has fetched before it entered.
	reportSlack = time.Minute
)

// possible reports whether a report can be true, after those before it.
func (r *Room) possible(p *node, m signaling.Statistics) bool {
	if !credible(p.traffic, traffic{m.Source, m.P2P}, r.now-p.joinedAt) {
		r.ignore(ignoredStatistics)
		return false
	}
	return true
}

// credible reports whether a peer of that age can have fetched more, after what it
// has reported before.
func credible(before, more traffic, age time.Duration) bool {
	most := maxTrafficRate * (age + reportSlack).Seconds()
	return float64(before.source+before.p2p)+float64(more.source)+float64(more.p2p) <= most
}

// noteDoubt counts the peers of whose uplink less is believed than they claim,
// because it has proved to carry less.
func (r *Room) noteDoubt(p *node) {
	doubted := !p.gone && p.trust.doubt > 0
	if p.doubted == doubted {
		return
	}
	p.doubted = doubted
	if doubted {
		r.doubted++
	} else {
		r.doubted--
	}
}
