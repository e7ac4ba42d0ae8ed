package mesh

import "time"

const (
	// turnFor is the least time that each peer has to fetch by HTTP what nobody
	// holds, before it is the next one's turn.
	turnFor = 1500 * time.Millisecond
	// maxDuties is how many segments that nobody waits for are fetched by HTTP
	// at once.
	maxDuties = 2
	// toldLate is by how many segments peers may be farther than they said.
	toldLate = 4
)

// turn is when it is our turn to fetch s by HTTP, as no neighbour holds it: one
// of those who want it does so for all, and the others get it from there.
//
// Nobody tells another what he fetches. But all that are about to want s can put
// themselves in the same order, by a hash of their ids and the segment, which is
// another order for each segment. The first of them fetches it at once; the one
// after n others does when it still has not heard of anybody who holds it after
// n turns. So if the first has gone, or does not want it after all, the second
// one does it soon. Who is about to want it is seen from what he holds: see
// [BitTorrent.competes].
//
// Nobody waits longer than until the last moment at which it can be had in time
// by HTTP, less some time by chance, as that moment may be the same for all. A
// player that stands still does not wait at all (see [BitTorrent.originAt]).
// While one does, or others are fetched already, the line is theirs.
func (b *BitTorrent) turn(s *segment) time.Duration {
	latest := b.lastCall(s) - time.Duration(s.chance*float64(s.duration)*3/10)
	if at, taken := b.lineTaken(s); taken {
		return max(latest, at)
	}
	step := max(turnFor, 2*b.http.estimate())
	step = step*4/5 + time.Duration(s.chance*float64(step*2/5))
	at := max(s.since+time.Duration(b.rank(s.sn))*step, b.gathered())
	return min(at, latest)
}

// lineTaken says whether what we fetch by HTTP already is more urgent than s. If
// a player stands still for want of that, it will not need s before the time at.
func (b *BitTorrent) lineTaken(s *segment) (at time.Duration, taken bool) {
	duties := 0
	for _, o := range b.segments {
		if o.source != fetched {
			continue
		}
		duties++
		if b.stalls(o) {
			at, taken = max(at, o.since+b.http.estimate()), true
		}
	}
	return at, taken || duties >= maxDuties
}

// rank is how many of our competitors come before us in the order for sn.
func (b *BitTorrent) rank(sn SN) (r int) {
	own := weight(b.self, b.self, sn)
	for n := range b.neighbours.answering() {
		if b.competes(n, sn) && weight(n.peer, n.peer, sn) > own {
			r++
		}
	}
	return r
}

// competes says that n seems to be about to want sn: it does not hold it, but one
// of those before it, so near that it will soon want sn, or does while its HAVE
// is on the way; or nothing yet, as we all do at the beginning. Peers that are
// far away are no competitors.
func (b *BitTorrent) competes(n *neighbour, sn SN) bool {
	switch {
	case !n.listed || n.held.has(sn):
		return false
	case len(n.held) == 0:
		return b.list.known && sn <= b.list.first+SN(b.cfg.Ahead)
	default:
		return n.held.within(sn-SN(b.cfg.Ahead)-toldLate, sn-1)
	}
}

// weight places peer in the order of those from whom owner may choose for sn.
func weight(owner, peer PeerID, sn SN) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037) ^ uint64(sn)
	for _, id := range []PeerID{owner, peer} {
		for i := range len(id) {
			h = (h ^ uint64(id[i])) * prime
		}
		h = (h ^ 0xff) * prime
	}
	// What differs in the last byte only must differ all over.
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
