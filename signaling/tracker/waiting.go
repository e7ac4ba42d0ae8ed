package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// grantPeriod is how long slots stay reserved for a child.
	grantPeriod = 10 * time.Second
	// minPause and maxPause bound the time between two tries for a waiting peer;
	// after failures they are doubled, up to four times.
	minPause = 5 * time.Second
	maxPause = 15 * time.Second
	// servedAtOnce bounds the work of one event. Who is left out is served by
	// its own retry.
	servedAtOnce = 8
	// grantMargin lets a child whose own measure of the rate is a little higher
	// still find room for what it was granted.
	grantMargin = 1.02
)

// need is how many substreams nobody has been found for.
func (r *Room) need(p *node) int {
	if p.root {
		return 0
	}
	return max(0, r.config.Substreams-p.filled-p.granted)
}

// wants reports whether p may be told of parents without having asked just now.
func (r *Room) wants(p *node) bool {
	return !p.gone && p.asked && p.relay && r.need(p) > 0
}

// answer places a peer that asks. What is reserved for it is told again.
func (r *Room) answer(p *node) {
	r.place(p)
	r.tellParents(p)
	r.wait(p)
}

// push places a peer unasked and tells it only what is new.
func (r *Room) push(p *node) {
	if !r.wants(p) {
		return
	}
	if r.place(p) {
		r.tellParents(p)
	}
	r.wait(p)
}

// wait puts a peer that lacks parents on the list of those who wait, and makes
// sure that it is tried again whatever happens.
func (r *Room) wait(p *node) {
	if p.gone || !p.asked || r.need(p) == 0 {
		return
	}
	if !p.queued {
		p.queued = true
		r.waiting = append(r.waiting, p)
	}
	if p.retryAt != 0 && (p.failures > 0 || p.retryAt <= r.now+maxPause) {
		return
	}
	pause := minPause + time.Duration(r.config.Rand.Int64N(int64(maxPause-minPause)))
	p.retryAt = r.now + pause<<min(p.failures, 4)
	r.timers.add(timer{at: p.retryAt, chore: choreRetry, node: p})
}

// retry tries a waiting peer again, unless it has been given another time.
func (r *Room) retry(t timer) {
	if t.at == t.node.retryAt {
		t.node.retryAt = 0
		r.push(t.node)
	}
}

// serveWaiting offers free slots to those who wait.
func (r *Room) serveWaiting() {
	for budget := servedAtOnce; r.freed && budget > 0; {
		r.freed = false
		for range min(len(r.waiting), budget) {
			if r.free == 0 {
				return
			}
			budget--
			p := r.waiting[0]
			r.waiting = slices.Delete(r.waiting, 0, 1)
			p.queued = false
			if p.failures <= fastFailures {
				r.push(p)
			}
			r.wait(p)
		}
	}
}

// tellParents sends what is reserved for p, in the order it was granted. None
// means: feed on the source.
func (r *Room) tellParents(p *node) {
	var nodes []signaling.Candidate
	for _, e := range p.parents {
		if e.state == edgeReserved {
			nodes = append(nodes, signaling.Candidate{PeerID: e.parent.id, ResidualBW: r.amount(e.substreams)})
		}
	}
	r.tell(p, signaling.Parents{Nodes: nodes})
}

// amount is the bandwidth that a child is told of so many granted substreams.
func (r *Room) amount(substreams int) signaling.BitRate {
	return signaling.BitRate(substreams) * r.rate * grantMargin
}
