package mesh

// stale is what speaks against a parent that is behind us.
type stale struct {
	times int // in a row
	ours  SN  // our newest segment at the last of them
}

const (
	// behindBy is how many segments a parent must be behind us for two of ours
	// to be dropped (mesh 6.2): it is fed by us, in a circle, or by nobody.
	behindBy    = 3
	behindTimes = 2
)

// newest takes a parent's word about how far it is. One that has just come is
// not blamed, and a sign only counts when we have got further since the last.
func (f *Fastmesh) newest(ev Newest) {
	l := f.links.parent(ev.From)
	switch {
	case l == nil || f.now-l.since < youngFor:
	case ev.behind() < behindBy:
		l.stale = stale{}
	case l.stale.times == 0 || ev.Ours > l.stale.ours:
		l.stale = stale{l.stale.times + 1, ev.Ours}
		if l.stale.times >= behindTimes {
			f.quarantine.slow(l.peer, f.now)
			f.act(Drop{Peer: l.peer, Reason: Behind})
			f.end(l, false)
		}
	}
}

// behind is how many segments the parent is behind us.
func (ev Newest) behind() uint64 {
	if ev.Theirs >= ev.Ours {
		return 0
	}
	return uint64(ev.Ours) - uint64(ev.Theirs)
}
