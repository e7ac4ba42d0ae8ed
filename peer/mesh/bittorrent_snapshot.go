package mesh

// Snapshot implements [Engine].
func (b *BitTorrent) Snapshot() Snapshot {
	s := Snapshot{
		Now: b.now, Self: b.self, Standing: b.standing.String(), Stream: b.stream,
		HTTPTime: b.http.estimate(), SearchAt: b.searchAt, Quarantined: b.quarantine.states(b.now),
	}
	for _, n := range b.neighbours {
		switch n.state {
		case dialling:
			s.Dialling = append(s.Dialling, n.peer)
		case accepted:
			s.Accepted = append(s.Accepted, n.peer)
		case peered:
			s.Neighbours = append(s.Neighbours, NeighbourState{
				Peer: n.peer, Since: n.since, Listed: n.listed, Holds: n.held.count(),
				Requests: b.segments.load(n.peer), Misses: n.record.misses(),
			})
		}
	}
	for _, w := range b.segments {
		state := w.state()
		if w.source == queued {
			state.Deadline = w.deadline
		}
		s.Wanted = append(s.Wanted, state)
	}
	return s
}
