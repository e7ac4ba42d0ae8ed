package mesh

import "time"

const (
	// maxAhead is how many segments next to the playhead are wanted at once,
	// besides what a player waits for. Peers send one after the other, so that
	// more would but make their queues longer.
	maxAhead = 2
	// maxRare is how many beyond them are.
	maxRare = 2
	// farthest is how many segments ahead of the playhead any are wanted.
	farthest = 512
	// rareEvery is how often rare segments are looked for at most, and rareRest
	// how long they are not once the cache is full.
	rareEvery = 250 * time.Millisecond
	rareRest  = time.Minute
)

// fetchAhead has those of the next segments fetched that are not here, the
// nearest first.
func (b *BitTorrent) fetchAhead() {
	head, ok := b.playhead()
	if !ok || !b.list.known {
		return
	}
	b.fetches.trim(head+1, head+farthest, b.now)
	last := min(head+SN(b.cfg.Ahead), b.list.last)
	places := maxAhead - b.fetches.pending(head+1, last, b.now)
	for _, s := range b.segments {
		if head < s.sn && s.sn <= last && !s.waiting {
			places--
		}
	}
	for sn := max(head+1, b.list.first); sn <= last && places > 0; sn++ {
		if b.have.has(sn) || b.segments.find(sn) != nil {
			continue
		}
		if at := b.fetches.until(sn); b.now < at {
			b.remind(at)
			continue
		}
		b.fetch(sn)
		places--
	}
}

func (b *BitTorrent) fetch(sn SN) {
	b.fetches.begin(sn, b.now)
	b.act(Fetch{SN: sn})
}

// fetchRare has what few neighbours hold fetched from these, as far as the cache
// has room ahead of the playhead: so that the swarm still has it when they are
// gone. It is done while our line has nothing more urgent to do.
func (b *BitTorrent) fetchRare() {
	if !b.hoards() || !b.news || b.congested() {
		return
	}
	if b.now < b.rareAt {
		b.remind(b.rareAt)
		return
	}
	b.news, b.rareAt = false, b.now+rareEvery
	head, _ := b.playhead()
	first, last := head+SN(b.cfg.Ahead)+1, min(head+b.room(), b.list.last)
	busy := b.fetches.pending(first, head+farthest, b.now)
	for _, s := range b.segments {
		if b.urgent(s) {
			return
		}
		if b.rare(s) {
			busy++
		}
	}
	if busy >= maxRare {
		return
	}
	if sn := b.rarest(max(first, b.list.first), last); sn != noSN {
		b.fetch(sn)
	}
}

// hoards says whether rare segments are looked for at all.
func (b *BitTorrent) hoards() bool {
	_, ok := b.playhead()
	return ok && b.list.known && !b.list.live && b.room() > SN(b.cfg.Ahead)
}

// room is how many segments the cache may hold ahead of the playhead. A quarter
// of it is left to those behind, and to those that are larger than most.
func (b *BitTorrent) room() SN {
	size := float64(b.stream) / 8 * b.list.duration.Seconds()
	if size <= 0 {
		return 0
	}
	return SN(min(float64(b.cfg.CacheBytes)*3/4/size, farthest))
}

// rarest is the segment from first to last that the fewest neighbours hold, one
// of them idle, and that is not here; noSN: there is none. Chance decides
// between equals.
func (b *BitTorrent) rarest(first, last SN) SN {
	chosen, fewest, equal := noSN, 0, 0
	for sn := first; sn <= last; sn++ {
		if b.have.has(sn) || b.segments.find(sn) != nil || b.now < b.fetches.until(sn) {
			continue
		}
		holders, idle := b.holders(sn)
		switch {
		case !idle || chosen != noSN && holders > fewest:
		case chosen == noSN || holders < fewest:
			chosen, fewest, equal = sn, holders, 1
		default:
			if equal++; b.random.IntN(equal) == 0 {
				chosen = sn
			}
		}
	}
	return chosen
}

// holders is how many neighbours hold sn, and whether one of them is idle.
func (b *BitTorrent) holders(sn SN) (count int, idle bool) {
	for n := range b.neighbours.answering() {
		if n.held.has(sn) {
			count++
			idle = idle || b.idle(n)
		}
	}
	return count, idle
}
