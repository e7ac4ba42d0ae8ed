package tracker

import (
	"math"
	"slices"

	"hlspeer/signaling"
)

// rateSamples is how many peers' reports the median is taken over.
const rateSamples = 63

// A rateMeter estimates the rate of one substream from what peers report with
// dc_opened. Each peer has one vote, so that nobody can move the median alone.
type rateMeter struct {
	votes []rateVote // the latest, oldest first
}

type rateVote struct {
	peer signaling.PeerID
	rate signaling.BitRate
}

// add takes a report and returns the new median.
func (m *rateMeter) add(peer signaling.PeerID, rate signaling.BitRate) signaling.BitRate {
	m.votes = slices.DeleteFunc(m.votes, func(v rateVote) bool { return v.peer == peer })
	if len(m.votes) == rateSamples {
		m.votes = slices.Delete(m.votes, 0, 1)
	}
	m.votes = append(m.votes, rateVote{peer, rate})

	var sorted [rateSamples]signaling.BitRate
	n := len(m.votes)
	for i, v := range m.votes {
		sorted[i] = v.rate
	}
	slices.Sort(sorted[:n])
	return sorted[n/2]
}

const (
	// uplinkShare is the part of an uplink that is planned with (η of the mesh notes).
	uplinkShare = 0.9
	// maxSlots bounds the children of one peer, whatever uplink it claims.
	maxSlots = 64
	// rateStep is how far the median must move before slots are counted anew.
	rateStep = 0.01
)

// slotsOf returns how many substreams an uplink can carry.
func (r *Room) slotsOf(uplink signaling.BitRate) int {
	return int(min(maxSlots, math.Floor(float64(uplinkShare*uplink/r.rate))))
}

// measure takes a reported substream rate. When that moves the median, every
// peer's slots change.
func (r *Room) measure(p *node, rate signaling.BitRate) {
	if rate <= 0 {
		return
	}
	median := r.meter.add(p.id, rate)
	if math.Abs(float64(median/r.rate-1)) < rateStep {
		return
	}
	r.rate = median
	for _, q := range r.order {
		r.recount(q)
	}
}

// setUplink takes what a peer claims to have.
func (r *Room) setUplink(p *node, uplink signaling.BitRate) {
	p.uplink = uplink
	r.recount(p)
}

// recount counts a peer's slots. Children that exceed them are sent away.
func (r *Room) recount(p *node) {
	slots := r.trusted(p)
	if slots > p.slots {
		r.freed = true
	}
	r.free -= p.free()
	r.capacity += slots - p.slots
	p.slots = slots
	r.free += p.free()
	r.noteFull(p)
	r.noteDoubt(p)
	if p.root && slots == 0 {
		r.setRoot(p, false) // it feeds nobody, and need not burden the source
		r.wait(p)
	}
	r.shed(p, r.bearable(p))
}
