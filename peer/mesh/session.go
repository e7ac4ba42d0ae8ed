package mesh

import (
	"slices"
	"time"
)

// standing is our place at the scheduler.
type standing int

const (
	outside  standing = iota // not accepted, or out of reach
	entered                  // accepted, but signals cannot be sent yet
	joined                   // links can be made
	rejected                 // barred: no P2P
)

func (s standing) String() string {
	switch s {
	case entered:
		return "entered"
	case joined:
		return "joined"
	case rejected:
		return "rejected"
	default:
		return "outside"
	}
}

// entered takes our identity. Parents that are still linked are reported
// again: the scheduler may have forgotten everything (mesh 6.1).
func (f *Fastmesh) entered(ev Entered) {
	f.enter(ev.Self)
	f.restartClimbs(ev.Planned)
	f.search.restart()
	f.standby.named = ""
	total := f.cfg.Substreams
	if ev.Substreams >= 1 && ev.Substreams <= maxSubstreams {
		total = ev.Substreams
	}
	if total != len(f.slots) {
		f.relayout(total)
	}
	f.reportParents()
}

// reportEvery is the least time between two reports that a list of candidates
// calls for.
const reportEvery = 5 * time.Second

// reportParents tells the scheduler of every open parent once more.
func (f *Fastmesh) reportParents() {
	f.reportAgain = f.now + reportEvery
	for _, l := range f.links {
		if l.state == parent {
			l.reportAt = 0
			f.act(ReportOpened{Parent: l.peer, Substreams: f.slots.count(l.peer), Rate: f.share()})
		}
	}
}

// relayout changes the number of slots, and with it what children ask for
// means. Parents for which there is no slot any more are dropped; the scheduler
// does not know of them.
func (f *Fastmesh) relayout(total int) {
	f.slots = f.slots.resize(total)
	for _, l := range slices.Clone(f.links) {
		l.demand = demand{last: l.demand.last}
		if l.state == parent && f.slots.count(l.peer) == 0 {
			f.act(Drop{Peer: l.peer, Reason: Replaced})
			f.unlink(l)
		}
	}
}

// relayUp joins the mesh: candidates are asked for once (protocol 4.10).
func (f *Fastmesh) relayUp() {
	if f.join() {
		f.getParents()
	}
}

// barred drops all links. There is nobody to report to.
func (f *Fastmesh) barred() {
	f.standing = rejected
	f.stopClimb()
	f.search.restart()
	for len(f.links) > 0 {
		l := f.links[0]
		f.act(Drop{Peer: l.peer, Reason: Ordered})
		f.unlink(l)
	}
}
