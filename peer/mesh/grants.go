package mesh

import (
	"slices"
	"time"
)

const (
	maxHops  = 8       // the farthest that a TRANSITION may go
	maxLevel = 1 << 16 // the deepest that a peer may say it is
	// maxGrants is how many peers may answer one TRANSITION, and how many
	// parents each may have.
	maxGrants = 16
	maxRoutes = 64
	// routeFor is how long a TRANSITION is remembered (protocol 3.8).
	routeFor = 10 * time.Second
	// swapRest is how long two peers that changed places do not do so again.
	swapRest = time.Minute
)

// route is a TRANSITION that has passed us. Answers go back the way it came.
type route struct {
	origin   PeerID
	child    PeerID // it came from there
	ttl      int    // the largest with which it came
	until    time.Duration
	granted  bool     // by us
	granters []PeerID // whose GRANT has gone back
}

// routes are those of the last seconds, at most maxRoutes, oldest first.
type routes []*route

// swap is the peer with which we changed places last.
type swap struct {
	peer PeerID
	at   time.Duration
}

// find is the route of origin, or nil. Those that are over are forgotten.
func (r *routes) find(origin PeerID, now time.Duration) *route {
	*r = slices.DeleteFunc(*r, func(k *route) bool { return now >= k.until })
	if i := slices.IndexFunc(*r, func(k *route) bool { return k.origin == origin }); i >= 0 {
		return (*r)[i]
	}
	return nil
}

// askedForTransition takes the TRANSITION of a peer below us: it is passed on
// upwards, and answered if that peer is the stronger one (protocol 3.8).
func (f *Fastmesh) askedForTransition(ev TransitionAsked) {
	ev.SourceTTL = min(max(ev.SourceTTL, 1), maxHops)
	if what := f.senselessTransition(ev); what != "" {
		f.ignore(ev.From, what)
		return
	}
	if ev.Origin == f.self {
		f.cycled(f.links.find(ev.From))
		return
	}
	r := f.routes.find(ev.Origin, f.now)
	switch {
	case r != nil && ev.TTL <= r.ttl:
		return
	case r != nil:
		r.ttl = ev.TTL
	default:
		r = &route{origin: ev.Origin, child: ev.From, ttl: ev.TTL, until: f.now + routeFor}
		f.routes = append(f.routes, r)
	}
	f.answer(r, ev.Uplink, ev.SourceTTL-ev.TTL+1)
	if ev.TTL > 1 {
		f.sendUpwards(SendTransition{Origin: ev.Origin, Uplink: ev.Uplink, TTL: ev.TTL - 1, SourceTTL: ev.SourceTTL})
	}
}

// senselessTransition is what is wrong with a TRANSITION, or "".
func (f *Fastmesh) senselessTransition(ev TransitionAsked) Offence {
	from := f.links.find(ev.From)
	switch {
	case from == nil || from.state != child:
		return NotChild
	case ev.Origin == "":
		return NoID
	case ev.Origin == f.self && f.climb.phase != asking:
		return OwnID // it has been under way for too long to prove anything
	case ev.Uplink.sane() == 0:
		return BadUplink
	case ev.TTL <= 0 || ev.TTL > ev.SourceTTL:
		return BadTTL
	case f.routes.find(ev.Origin, f.now) == nil && len(f.routes) >= maxRoutes:
		return TooMany
	default:
		return ""
	}
}

// sendUpwards sends t to every parent.
func (f *Fastmesh) sendUpwards(t SendTransition) {
	for _, l := range f.links {
		if l.state == parent {
			t.Peer = l.peer
			f.act(t)
		}
	}
}

// cycled takes our own TRANSITION back from a child while we wait for answers.
// That proves a cycle, which ends here.
func (f *Fastmesh) cycled(l *link) {
	f.stopClimb()
	f.act(Drop{Peer: l.peer, Reason: Cycle})
	f.end(l, false)
}

// answer lets the origin of a TRANSITION, which is distance hops away, take our
// place if it can send more than we can.
func (f *Fastmesh) answer(r *route, uplink BitRate, distance int) {
	if r.granted || f.standing != joined || !f.climbs() || uplink <= f.cfg.Uplink || f.inTransition() ||
		f.links.parent(r.origin) != nil || f.swappedLately(r.origin) {
		return
	}
	r.granted = true
	g := SendGrant{Peer: r.child, Granter: f.self, To: r.origin, Level: f.level(), TTL: distance}
	for _, l := range f.links {
		if l.state == parent && len(g.Parents) < maxGrants {
			g.Parents = append(g.Parents, GrantParent{Peer: l.peer, Substreams: f.slots.count(l.peer)})
		}
	}
	f.act(g)
}

func (f *Fastmesh) swappedLately(peer PeerID) bool {
	return f.swap.peer == peer && f.now-f.swap.at < swapRest
}

// level is how many hops we are below the HTTP source, as far as we know.
func (f *Fastmesh) level() int {
	if f.links.count(parent) == 0 {
		return 0
	}
	return max(1, f.hops)
}

// granted takes a GRANT from above: ours, or one to be passed on to the child
// that the TRANSITION came from (protocol 3.9).
func (f *Fastmesh) granted(ev Granted) {
	if what := f.senselessGrant(ev); what != "" {
		f.ignore(ev.From, what)
		return
	}
	ev.Level = min(max(ev.Level, 0), maxLevel)
	ev.Parents = soundParents(ev)
	if ev.To == f.self {
		f.climb.offered(ev)
		return
	}
	r := f.routes.find(ev.To, f.now)
	if slices.Contains(r.granters, ev.Granter) {
		return // a copy that came another way
	}
	if l := f.links.find(r.child); l == nil || l.state != child {
		return // it has left meanwhile
	}
	r.granters = append(r.granters, ev.Granter)
	f.act(SendGrant{
		Peer: r.child, Granter: ev.Granter, To: ev.To,
		Level: ev.Level, TTL: min(ev.TTL, maxHops) - 1, Parents: ev.Parents,
	})
}

// senselessGrant is what is wrong with a GRANT, or "".
func (f *Fastmesh) senselessGrant(ev Granted) Offence {
	r := f.routes.find(ev.To, f.now)
	switch {
	case f.links.parent(ev.From) == nil:
		return NotParent
	case ev.Granter == "":
		return NoID
	case ev.Granter == f.self, ev.Granter == ev.To:
		return OwnID
	case ev.To == f.self && f.climb.phase != asking, ev.To != f.self && r == nil:
		return NotAsked
	case ev.TTL <= 0, r != nil && ev.TTL < 2:
		return BadTTL
	case ev.To == f.self && len(f.climb.grants) >= maxGrants, r != nil && len(r.granters) >= maxGrants:
		return TooMany
	default:
		return ""
	}
}

// soundParents are the parents in a GRANT, without what makes no sense.
func soundParents(ev Granted) (out []GrantParent) {
	for _, p := range ev.Parents {
		known := slices.ContainsFunc(out, func(q GrantParent) bool { return q.Peer == p.Peer })
		if known || p.Peer == "" || p.Peer == ev.Granter || p.Peer == ev.To {
			continue
		}
		p.Substreams = min(max(p.Substreams, 1), maxSubstreams)
		if out = append(out, p); len(out) == maxGrants {
			break
		}
	}
	return out
}
