package mesh

import (
	"math"
	"time"
)

// maxDials is how many links are dialled at once.
const maxDials = 4

// candidates takes the scheduler's answer. A list that comes while every slot
// is filled is not used: it says that the scheduler does not know our parents,
// as it has begun anew. Otherwise it takes the place of the one before. One
// that only names a standby changes nothing else.
func (f *Fastmesh) candidates(list []Candidate) {
	if !f.lists.allows(f.now) {
		f.ignore("", TooMany)
		return
	}
	nodes := f.nameStandby(f.soundCandidates(list))
	if len(nodes) == 0 && len(list) > 0 {
		return
	}
	if f.slots.count("") == 0 {
		if f.now >= f.reportAgain {
			f.reportParents()
		}
		return
	}
	if len(nodes) == 0 {
		f.search.root(f.now, f.upTo(rootPause))
		return
	}
	f.search.list(nodes, f.now)
	f.relent(nodes)
}

// relent gives candidates another chance, where there is no parent and none of them may
// be dialled. When our own network was away, all links have failed, and that was
// nobody's fault: those whom we were linked with are worth another try.
func (f *Fastmesh) relent(nodes []Candidate) {
	if f.links.count(parent) > 0 {
		return
	}
	for _, c := range nodes {
		if !f.quarantine.holds(c.Peer, f.now) {
			return
		}
	}
	for _, c := range nodes {
		f.quarantine.parole(c.Peer, f.now)
	}
}

// soundCandidates is the list without those that nobody can be a child of, and
// without what is more than is kept.
func (f *Fastmesh) soundCandidates(nodes []Candidate) (out []Candidate) {
	for _, n := range nodes {
		switch {
		case n.Peer == "":
			f.ignore("", NoID)
		case n.Peer == f.self:
			f.ignore("", OwnID)
		case len(out) == maxSpares:
			f.ignore("", TooMany)
			return out
		default:
			out = append(out, n)
		}
	}
	return out
}

// recruit dials candidates for the free slots, in the scheduler's order and
// all that are needed at once. With none left it asks for more.
func (f *Fastmesh) recruit() {
	f.search.observe(f.now, f.slots.count("") == 0)
	if f.standing != joined {
		return
	}
	if f.vacancies() > 0 {
		f.search.expire(f.now)
	}
	var leaving []Candidate
	for len(f.search.spares) > 0 && f.vacancies() > 0 && f.links.recruits() < maxDials {
		c := f.search.next()
		if n := f.grant(c.Residual); n > 0 && f.dialable(c.Peer) {
			f.dial(c.Peer, n)
		} else if l := f.links.find(c.Peer); n > 0 && l != nil && l.state == child {
			leaving = append(leaving, c) // it has been told so as well, and is about to go
		}
	}
	f.search.spares = append(leaving, f.search.spares...)
	if f.searching() && f.now >= f.search.due() {
		f.getParents()
	}
}

// searching says that slots are free and nobody is in sight to fill them.
func (f *Fastmesh) searching() bool {
	return f.standing == joined && len(f.search.spares) == 0 && f.vacancies() > 0
}

// vacancies is how many slots can be given away: they are free, not meant for
// a peer that is being dialled, and another parent is allowed.
func (f *Fastmesh) vacancies() int {
	if f.links.recruits()+f.links.count(parent) >= f.cfg.MaxParents {
		return 0
	}
	return max(0, f.slots.count("")-f.links.reserved())
}

// grant is how many slots a parent with so much bandwidth left can fill. While
// the stream's rate is unknown it is one (protocol 7.3).
func (f *Fastmesh) grant(residual BitRate) int {
	residual = residual.sane()
	rate := float64(f.stream) / float64(len(f.slots))
	switch {
	case residual == 0:
		return 0
	case rate == 0:
		return 1
	}
	n := math.Floor(float64(residual) / rate)
	return int(min(n, float64(f.vacancies())))
}

// dialable says whether a link with peer may be made.
func (f *Fastmesh) dialable(peer PeerID) bool {
	return peer != "" && peer != f.self && f.links.find(peer) == nil && !f.quarantine.holds(peer, f.now)
}

func (f *Fastmesh) dial(peer PeerID, want int) {
	f.links.add(&link{peer: peer, state: dialling, since: f.now, want: want})
	f.act(Dial{Peer: peer})
}

// connect carries out the scheduler's order to take a parent for one slot
// (protocol 4.6).
func (f *Fastmesh) connect(peer PeerID) {
	fit := f.standing == joined && f.dialable(peer) && f.vacancies() > 0 && f.links.recruits() < maxDials
	if f.heeds(peer, fit) {
		f.dial(peer, 1)
	}
}

// employ gives free slots to the peer that we dialled for them.
func (f *Fastmesh) employ(l *link) {
	n := f.slots.fill(l.peer, l.want)
	if n == 0 {
		// The scheduler has fewer slots now than when we dialled.
		f.act(Drop{Peer: l.peer, Reason: Replaced})
		f.unlink(l)
		return
	}
	f.promote(l)
	f.act(ReportOpened{Parent: l.peer, Substreams: n, Rate: f.share()})
}

// promote makes l, which is open, a parent.
func (f *Fastmesh) promote(l *link) {
	l.state, l.aim, l.since, l.heard = parent, forSlots, f.now, f.now
	f.search.found(f.now)
}

// punishBad drops a parent that sent a false segment.
func (f *Fastmesh) punishBad(l *link, why Reason) {
	f.quarantine.punish(l.peer, f.now, true)
	f.act(Drop{Peer: l.peer, Reason: why})
	f.end(l, true)
}

// judge drops a parent that missed too much.
func (f *Fastmesh) judge(l *link) {
	if !l.record.poor() {
		return
	}
	f.quarantine.slow(l.peer, f.now)
	f.act(Drop{Peer: l.peer, Reason: Misses})
	f.end(l, false)
}

func (f *Fastmesh) getParents() {
	f.search.asked(f.now, f.spread)
	f.act(GetParents{})
}

// nextSearch is when the scheduler is to be asked again.
func (f *Fastmesh) nextSearch() time.Duration {
	if !f.searching() {
		return Never
	}
	return f.search.due()
}
