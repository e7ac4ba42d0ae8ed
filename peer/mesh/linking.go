package mesh

import (
	"slices"
	"time"
)

// briefly is the age under which the end of an open link is not held against
// the remote: climbing peers open links and close them at once (hazard H-01).
const briefly = 2 * time.Second

// linkUp takes an open link. One that we know nothing of, or in the other
// role, is a leftover.
func (f *Fastmesh) linkUp(ev LinkUp) {
	l := f.links.find(ev.Peer)
	switch {
	case l == nil:
		f.act(Drop{Peer: ev.Peer, Reason: Replaced})
	case l.state == dialling && !ev.Child:
		f.dialled(l)
	case l.state == accepted && ev.Child:
		f.welcome(l)
	}
}

// dialled puts an open link to the use for which it was dialled.
func (f *Fastmesh) dialled(l *link) {
	switch l.aim {
	case forAdopt:
		f.takeOver(l)
	case forStandby, forClimb:
		l.state, l.since = spare, f.now
	default:
		f.employ(l)
	}
}

// linkDown takes the end of a link that the remote or the network brought.
func (f *Fastmesh) linkDown(ev LinkDown) {
	l := f.links.find(ev.Peer)
	if l == nil {
		return
	}
	switch {
	case ev.Failed && !l.state.open() && !l.state.upward(), ev.Failed && l.state.open() && f.now-l.since >= briefly:
		f.quarantine.lost(l.peer, f.now)
		f.lastFailure = failure{l.peer, f.now}
	case ev.Failed && !l.state.open():
		f.blame(l.peer)
	case l.state.upward():
		f.quarantine.rest(l.peer, f.now)
	}
	// A remote that closes before the link is open refuses us: as the attempt
	// failed, the scheduler is to hear of it.
	f.end(l, ev.Failed || l.state == dialling)
}

// failure is that of a link.
type failure struct {
	peer PeerID
	at   time.Duration
}

// manyWithin is how soon after each other the links of several peers fail where our own
// network is away.
const manyWithin = 30 * time.Second

// blame punishes a peer to which no link could be made. Where others have failed just
// now, that may be our fault.
func (f *Fastmesh) blame(peer PeerID) {
	if before := f.lastFailure; before.peer != "" && before.peer != peer && f.now-before.at < manyWithin {
		f.quarantine.lost(peer, f.now)
	} else {
		f.quarantine.punish(peer, f.now, false)
	}
	f.lastFailure = failure{peer, f.now}
}

// unreachable takes the relay's word that a peer is gone. An open link does
// not need the relay.
func (f *Fastmesh) unreachable(peer PeerID) {
	if l := f.links.find(peer); l != nil && !l.state.open() {
		f.abandon(l, LinkLost)
	}
}

// expireLinks abandons the links that took too long to open.
func (f *Fastmesh) expireLinks() {
	for _, l := range slices.Clone(f.links) {
		if f.now >= f.opensBy(l) {
			f.abandon(l, TimedOut)
		}
	}
}

// nextLink is when expireLinks has something to do.
func (f *Fastmesh) nextLink() time.Duration {
	next := Never
	for _, l := range f.links {
		next = min(next, f.opensBy(l))
	}
	return next
}

func (f *Fastmesh) opensBy(l *link) time.Duration {
	if l.state.open() {
		return Never
	}
	return l.since + f.cfg.DialTimeout
}

// abandon ends a link that did not open.
func (f *Fastmesh) abandon(l *link, why Reason) {
	f.blame(l.peer)
	f.act(Drop{Peer: l.peer, Reason: why})
	f.end(l, true)
}

// cancel gives up a link that is not in use yet, without a report: the
// scheduler does not know of it.
func (f *Fastmesh) cancel(l *link) {
	f.act(Drop{Peer: l.peer, Reason: Replaced})
	f.unlink(l)
}

// cancelAll gives up all links for that end which are not parents yet.
func (f *Fastmesh) cancelAll(a aim) {
	for l := f.links.aimed(a); l != nil; l = f.links.aimed(a) {
		f.cancel(l)
	}
}

// end forgets l and reports it: failed or, if it had been open, closed. What a
// parent leaves behind is taken care of by settle.
func (f *Fastmesh) end(l *link, failed bool) {
	switch {
	case l.aim == forStandby && failed:
		f.standbyFailed(l)
	case l.state == spare, l.aim == forStandby:
		// The scheduler does not know of it.
	case failed && l.state.upward():
		f.act(ReportFailed{Parent: l.peer})
	case failed:
		f.act(ReportFailed{Child: l.peer})
	case l.state == parent:
		f.act(ReportClosed{Parent: l.peer, Substreams: f.slots.count(l.peer), Rate: f.share()})
	case l.state == child:
		f.act(ReportClosed{Child: l.peer, Substreams: f.carried(l), Rate: f.share()})
	}
	f.unlink(l)
}

// unlink forgets l without a word.
func (f *Fastmesh) unlink(l *link) {
	f.links.remove(l)
	f.slots.release(l.peer)
	if l.aim == forStandby {
		f.standby.lost(f.now)
	}
	if l.state == parent {
		f.search.lost()
	}
}

// disconnect carries out the scheduler's order to close links. The end of one
// that is not open yet is no news to the scheduler.
func (f *Fastmesh) disconnect(peers []PeerID) {
	for _, p := range peers {
		l := f.links.find(p)
		listed := f.search.strike(p) || f.standby.named == p
		if f.standby.named == p {
			f.standby.named = ""
		}
		switch {
		case l != nil:
			f.act(Drop{Peer: p, Reason: Ordered})
			f.end(l, false)
		case !listed:
			f.ignore("", NotLinked)
		}
	}
}
