package tracker

import (
	"slices"
	"strings"
	"time"

	"hlspeer/signaling"
)

// A stray is a link that a child has reported while its parent was not here.
// After a restart of the tracker everybody enters again, children before their
// parents too; without strays the parents would be placed below their own
// children.
type stray struct {
	parent signaling.PeerID
	opened signaling.DCOpened
	at     time.Duration
}

// strayPeriod is how long a stray waits for its parent: longer than peers take
// to come back.
const strayPeriod = 3 * time.Minute

// remember keeps a report whose link has only one end here, if that is the
// child. A child has no more of them than it may have parents.
func (r *Room) remember(child *node, m signaling.DCOpened) {
	id, ok := strings.CutPrefix(string(m.DCID), string(child.id)+"-")
	parent := signaling.PeerID(id)
	switch _, _, known := m.DCID.Split(func(id signaling.PeerID) bool { return r.peers[id] != nil }); {
	case known: // a link of others, which has been counted
		return
	case ok && parent == child.id:
		r.ignore(ignoredSelf)
		return
	case !ok || parent == "" || r.peers[parent] != nil:
		r.ignore(ignoredUnknown)
		return
	}
	r.forgetStray(child, m.DCID)
	if len(child.strays) == maxParents {
		r.ignore(ignoredParents)
		return
	}
	child.strays = append(child.strays, stray{parent, m, r.now})
}

// forgetStray takes the child's word that the link has ended.
func (r *Room) forgetStray(child *node, id signaling.DCID) {
	child.strays = slices.DeleteFunc(child.strays, func(s stray) bool {
		return s.opened.DCID == id || r.now-s.at > strayPeriod
	})
}

// reunite records the links of which p is the parent that was missing.
func (r *Room) reunite(p *node) {
	for _, child := range slices.Clone(r.order) {
		for _, s := range slices.Clone(child.strays) {
			if s.parent != p.id {
				continue
			}
			r.forgetStray(child, s.opened.DCID)
			if r.now-s.at <= strayPeriod {
				r.opened(child, s.opened)
			}
		}
	}
}
