package mesh

import (
	"slices"
	"time"
)

// climberReports is how long the peer that climbed above us has to report the
// link (protocol 7.7). As we cannot see whether it did, we report it then; a
// second report changes nothing.
const climberReports = 5 * time.Second

// displaced makes a parent of a child that climbed above us. It gets free slots
// only; without one the link is of no use and ends.
func (f *Fastmesh) displaced(ev Displaced) {
	l := f.links.find(ev.From)
	if l == nil || l.state != child {
		f.ignore(ev.From, NotChild)
		return
	}
	f.stopClimb()
	f.swap = swap{l.peer, f.now}
	free := f.slots.count("")
	if f.links.count(parent) >= f.cfg.MaxParents || free == 0 {
		f.act(Drop{Peer: l.peer, Reason: Full})
		f.end(l, false)
		return
	}
	if f.links.count(parent)+f.links.recruits() >= f.cfg.MaxParents {
		f.cancelAll(forSlots)
	}
	f.slots.fill(l.peer, max(1, min(ev.Substreams, free)))
	f.promote(l)
	l.record, l.stale = 0, stale{}
	l.filled, l.demand, l.reportAt = 0, demand{}, f.now+climberReports
	f.links.advance(l)
}

// announce reports the parents that climbed above us.
func (f *Fastmesh) announce() {
	for _, l := range f.links {
		if f.now >= f.announced(l) {
			l.reportAt = 0
			f.act(ReportOpened{Parent: l.peer, Substreams: f.slots.count(l.peer), Rate: f.share()})
		}
	}
}

// nextAnnouncement is when announce has something to do.
func (f *Fastmesh) nextAnnouncement() time.Duration {
	next := Never
	for _, l := range f.links {
		next = min(next, f.announced(l))
	}
	return next
}

func (f *Fastmesh) announced(l *link) time.Duration {
	if l.state != parent || l.reportAt == 0 {
		return Never
	}
	return l.reportAt
}

// lifted takes the scheduler's answer to our wish to climb: with success every
// parent becomes a child, and we feed on the HTTP source (protocol 4.11).
func (f *Fastmesh) lifted(success bool) {
	parents := f.links.count(parent)
	if !success || parents == 0 {
		// We never ask, so only a success can mean something.
		f.ignore("", NotAsked)
		return
	}
	if parents+f.links.count(accepted, child) > f.cfg.MaxChildren {
		f.ignore("", NoPlace)
		return
	}
	f.stopClimb()
	for _, l := range slices.Clone(f.links) {
		if l.state == parent {
			f.displace(l, f.slots.count(l.peer))
		}
	}
	f.becomeRoot()
}

// displace changes places with a parent that has filled n slots. As the one
// that climbs we report for both (protocol 4.5).
func (f *Fastmesh) displace(l *link, n int) {
	f.swap = swap{l.peer, f.now}
	f.slots.release(l.peer)
	l.state, l.since, l.reportAt, l.filled = child, f.now, 0, n
	f.act(Displace{Peer: l.peer, Substreams: n})
	f.act(ReportClosed{Parent: l.peer, Substreams: n, Rate: f.share()})
	f.act(ReportOpened{Child: l.peer, Substreams: n, Rate: f.share()})
}

// becomeRoot goes on without parents, after those that there were have been
// left behind. Links that were to become parents are given up: the scheduler
// is not asked for others before the pause of a root is over.
func (f *Fastmesh) becomeRoot() {
	for _, l := range slices.Clone(f.links) {
		if l.state.upward() {
			f.cancel(l)
		}
	}
	f.hops = 0
	f.search.root(f.now, f.upTo(rootPause))
}
