package mesh

// listed takes a version of the playlist, and forgets what is far from it.
func (b *BitTorrent) listed(ev Listed) {
	b.list.update(ev)
	if b.list.known {
		b.have.trim(b.list)
		for _, n := range b.neighbours {
			n.held.trim(b.list)
		}
	}
	b.gather(firstGathering, false)
}

// evicted takes note that a segment has left the cache. If that was one ahead
// of the playhead the cache is full, and rare segments are not looked for.
func (b *BitTorrent) evicted(sn SN) {
	b.have.remove(sn)
	if head, ok := b.playhead(); ok && sn > head {
		b.rareAt = b.now + rareRest
	}
}

// holds takes a peer's BITFIELD. It takes the place of what we knew.
func (b *BitTorrent) holds(ev Holds) {
	n := b.remote(ev.From)
	if n == nil {
		return
	}
	n.listed, n.held = true, holdings{}
	for _, sn := range ev.SNs {
		b.note(n, sn)
	}
}

// has takes a peer's HAVE and says whether anything may follow from it.
func (b *BitTorrent) has(ev Has) bool {
	n := b.remote(ev.From)
	if n == nil || !b.note(n, ev.SN) {
		return false
	}
	if b.segments.find(ev.SN) != nil {
		return true
	}
	if b.news = true; b.now >= b.rareAt {
		return b.hoards()
	}
	b.remind(b.rareAt)
	return false
}

// hasLost takes a peer's LOST. If it was asked for that segment it will say
// so.
func (b *BitTorrent) hasLost(ev HasLost) {
	if n := b.remote(ev.From); n != nil {
		n.held.remove(ev.SN)
	}
}

// note says whether it is news, and of use, that n holds sn.
func (b *BitTorrent) note(n *neighbour, sn SN) bool {
	if !b.list.keeps(sn) {
		b.ignore(n.peer, TooMany)
		return false
	}
	return n.held.add(sn)
}

// remote is the neighbour that sent a message, or nil: that is ignored.
func (b *BitTorrent) remote(peer PeerID) *neighbour {
	n := b.neighbours.open(peer)
	if n == nil {
		b.ignore(peer, NotLinked)
	}
	return n
}

// asked takes note of what others ask of us.
func (b *BitTorrent) asked(ev Asked) {
	if n := b.remote(ev.From); n != nil {
		b.asks, n.usedAt = true, b.now
	}
}
