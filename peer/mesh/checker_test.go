package mesh

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// checker is a caller that believes nothing: it keeps its own account of
// links, sources and reports, from events and actions alone, and holds the
// engine's promises against it.
type checker struct {
	cfg    Config
	brain  *Fastmesh
	now    time.Duration
	wake   time.Duration
	self   PeerID
	links  map[PeerID]linkState
	opened map[PeerID]bool // reported as opened, and not as closed since
	source map[SN]string   // of every wanted segment; "": none in flight
	last   Snapshot        // after the newest step
	done   []Action        // of the newest step
	trace  []string        // newest events and actions
}

func newChecker(c Config) *checker {
	return &checker{
		cfg: c, brain: NewFastmesh(c), wake: Never,
		links: map[PeerID]linkState{}, opened: map[PeerID]bool{}, source: map[SN]string{},
	}
}

// step returns a fault of the engine, or nil.
func (c *checker) step(now time.Duration, ev Event) error {
	c.now = min(max(now, c.now), horizon)
	c.note(FormatEvent(now, ev))
	c.event(ev)
	c.done, c.wake = c.brain.Step(now, ev)
	asked := map[SN]bool{}
	for _, a := range c.done {
		c.note(FormatAction(a))
		if err := c.action(a, asked); err != nil {
			return fmt.Errorf("%s: %w\n%s", FormatAction(a), err, strings.Join(c.trace, "\n"))
		}
	}
	c.last = c.brain.Snapshot()
	if err := c.state(c.last); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(c.trace, "\n"))
	}
	return nil
}

func (c *checker) note(line string) {
	if c.trace = append(c.trace, line[:min(len(line), 200)]); len(c.trace) > 40 {
		c.trace = c.trace[1:]
	}
}

// event takes note of what the engine is being told.
func (c *checker) event(ev Event) {
	switch ev := ev.(type) {
	case Wanted:
		if _, ok := c.source[ev.SN]; !ok {
			c.source[ev.SN] = ""
		}
	case Unwanted:
		delete(c.source, ev.SN)
	case Arrived:
		delete(c.source, ev.SN)
	case Failed:
		c.broke(ev.SN, ev.From)
	case Lacked:
		if ev.From != "" { // the HTTP source never lacks
			c.broke(ev.SN, ev.From)
		}
	case Entered:
		c.self = ev.Self
	case LinkUp:
		switch l := c.links[ev.Peer]; {
		case l == dialling && !ev.Child && (c.last.Readying == ev.Peer || slices.Contains(c.last.ClimbLinks, ev.Peer)):
			c.links[ev.Peer] = spare
		case l == dialling && !ev.Child:
			c.links[ev.Peer] = parent
		case l == accepted && ev.Child:
			c.links[ev.Peer] = child
		}
	case LinkDown:
		c.unlink(ev.Peer)
	case Displaced:
		if c.links[ev.From] == child {
			// Unless it is dropped now; whoever climbed reports it.
			c.links[ev.From], c.opened[ev.From] = parent, true
		}
	}
}

func (c *checker) broke(sn SN, from PeerID) {
	if s, ok := c.source[sn]; ok && s == sourceName(from) {
		c.source[sn] = ""
	}
}

func (c *checker) unlink(peer PeerID) {
	delete(c.links, peer)
	if peer == "" {
		return // no source either
	}
	for sn := range c.source {
		c.broke(sn, peer)
	}
}

func sourceName(p PeerID) string {
	if p == "" {
		return "origin"
	}
	return "peer " + string(p)
}

func (c *checker) action(a Action, asked map[SN]bool) error {
	switch a := a.(type) {
	case AskParent:
		if c.links[a.Peer] != parent {
			return fmt.Errorf("it is not an open parent: %v", c.links[a.Peer])
		}
		return c.ask(a.SN, a.Peer, asked)
	case AskOrigin:
		if a.Delay < 0 || a.Delay > 20*time.Second {
			return fmt.Errorf("delay out of bounds")
		}
		return c.ask(a.SN, "", asked)
	case GiveUp:
		if _, ok := c.source[a.SN]; !ok {
			return fmt.Errorf("nobody wants it")
		}
		delete(c.source, a.SN)
	case Dial:
		return c.dial(a.Peer)
	case Accept:
		c.unlink(a.Peer)
		c.links[a.Peer] = accepted
	case Drop:
		c.unlink(a.Peer)
	case GetParents:
		if c.brain.standing != joined {
			return fmt.Errorf("out of the mesh")
		}
	case ReportOpened:
		return c.reportOpened(a)
	case Displace:
		if c.links[a.Peer] != parent || a.Substreams < 1 {
			return fmt.Errorf("no such parent")
		}
		c.unlink(a.Peer)
		c.links[a.Peer] = child
	case ReportClosed:
		return c.closed(a.Parent, a.Child, true)
	case ReportFailed:
		return c.closed(a.Parent, a.Child, false)
	case Ignored:
		return c.ignored(a)
	default:
		return c.climb(a)
	}
	return nil
}

// offences are all that there are.
var offences = []Offence{
	OwnID, NoID, NotAsked, NotChild, NotParent, BadTTL, BadUplink, TooMany, Linked, NotLinked, NoPlace, Shunned, Outside,
}

// ignored holds a step's complaints against their bound: one of each kind.
func (c *checker) ignored(a Ignored) error {
	same := 0
	for _, b := range c.done {
		if i, ok := b.(Ignored); ok && i.What == a.What {
			same++
		}
	}
	if same != 1 || !slices.Contains(offences, a.What) {
		return fmt.Errorf("%d times in a step", same)
	}
	return nil
}

// climb takes the actions of those who climb.
func (c *checker) climb(a Action) error {
	switch a := a.(type) {
	case AskAdopt:
		if a.Peer == "" || a.Peer == c.self || c.links[a.Peer] == child || c.brain.standing != joined {
			return fmt.Errorf("it cannot be adopted")
		}
	case SendTransition:
		if c.links[a.Peer] != parent || a.TTL < 1 || a.TTL > a.SourceTTL || a.SourceTTL > maxHops {
			return fmt.Errorf("not to be sent")
		}
	case SendGrant:
		if c.links[a.Peer] != child || a.TTL < 1 || a.TTL > maxHops || len(a.Parents) > maxGrants ||
			a.Level < 0 || a.Level > maxLevel || a.Granter == "" || a.To == "" || a.To == a.Granter {
			return fmt.Errorf("not to be sent")
		}
	}
	return nil
}

func (c *checker) reportOpened(a ReportOpened) error {
	switch {
	case (a.Parent == "") == (a.Child == ""):
		return fmt.Errorf("want one role")
	case a.Substreams < 1 || a.Substreams > maxSubstreams:
		return fmt.Errorf("number of substreams")
	case a.Child != "" && c.links[a.Child] != child:
		return fmt.Errorf("no such child")
	case a.Parent != "" && c.links[a.Parent] == spare:
		c.links[a.Parent], c.opened[a.Parent] = parent, true
	case a.Parent != "" && c.links[a.Parent] != parent:
		return fmt.Errorf("no such parent")
	case a.Parent != "":
		c.opened[a.Parent] = true
	}
	return nil
}

func (c *checker) ask(sn SN, peer PeerID, asked map[SN]bool) error {
	if _, ok := c.source[sn]; !ok {
		return fmt.Errorf("nobody wants it")
	}
	if asked[sn] {
		return fmt.Errorf("second source in one step")
	}
	asked[sn] = true
	c.source[sn] = sourceName(peer)
	return nil
}

func (c *checker) dial(peer PeerID) error {
	switch {
	case peer == "" || peer == c.self:
		return fmt.Errorf("that is nobody, or us")
	case c.links[peer] != 0:
		return fmt.Errorf("there is a link already: %v", c.links[peer])
	}
	for _, q := range c.last.Quarantined {
		if q.Peer == peer && q.Until > c.now {
			return fmt.Errorf("in quarantine until %v", q.Until)
		}
	}
	c.links[peer] = dialling
	return nil
}

// closed takes a report of a link's end.
func (c *checker) closed(parentID, childID PeerID, orderly bool) error {
	if (parentID == "") == (childID == "") {
		return fmt.Errorf("want one role")
	}
	if parentID == "" {
		return nil
	}
	if orderly && !c.opened[parentID] {
		return fmt.Errorf("it was never reported as opened")
	}
	delete(c.opened, parentID)
	return nil
}

// state compares what the engine says of itself with the account.
func (c *checker) state(s Snapshot) error {
	if c.wake <= c.now {
		return fmt.Errorf("wake-up at %v wanted at %v", c.wake, c.now)
	}
	if len(s.Wanted) != len(c.source) || len(s.Wanted) > maxWanted {
		return fmt.Errorf("%d segments in hand, %d wanted", len(s.Wanted), len(c.source))
	}
	for _, w := range s.Wanted {
		if err := c.segment(w); err != nil {
			return fmt.Errorf("segment %d: %w", w.SN, err)
		}
	}
	if err := c.roles(s); err != nil {
		return err
	}
	if n := len(c.brain.quarantine.sentences); n > maxSentences {
		return fmt.Errorf("%d in quarantine", n)
	}
	if s.Spares > maxSpares {
		return fmt.Errorf("%d spares", s.Spares)
	}
	return c.climbing(s)
}

// climbing holds what is kept about climbs against its bounds.
func (c *checker) climbing(s Snapshot) error {
	b := c.brain
	if len(b.routes) > maxRoutes || len(b.climb.grants) > maxGrants || len(b.climb.begun) > maxClimbs {
		return fmt.Errorf("%d routes, %d grants, %d climbs", len(b.routes), len(b.climb.grants), len(b.climb.begun))
	}
	for _, r := range b.routes {
		if len(r.granters) > maxGrants {
			return fmt.Errorf("%d granters", len(r.granters))
		}
	}
	if s.Climb != "resting" && (s.Adopting != "" || s.Standing != "joined") {
		return fmt.Errorf("%s while %s, adopting %q", s.Climb, s.Standing, s.Adopting)
	}
	if s.Climb != "moving" && len(s.ClimbLinks) > 0 {
		return fmt.Errorf("%s with links %v", s.Climb, s.ClimbLinks)
	}
	return nil
}

func (c *checker) segment(w SegmentState) error {
	want := sourceName(w.Parent)
	switch w.Source {
	case "queued":
		// What came before has ended, or is a silent parent's attempt, which
		// may go on until the request is sent.
		if want = c.source[w.SN]; want == sourceName("") {
			return fmt.Errorf("queued while %s is at it", want)
		}
	case "asked", "fetched":
	default:
		return fmt.Errorf("source %q", w.Source)
	}
	if got := c.source[w.SN]; got != want {
		return fmt.Errorf("source in flight %q, the engine thinks %q", got, want)
	}
	if c.wake > w.Deadline {
		return fmt.Errorf("wake-up at %v, deadline %v", c.wake, w.Deadline)
	}
	return nil
}

func (c *checker) roles(s Snapshot) error {
	filled, roles := 0, map[PeerID]linkState{}
	for _, p := range s.Parents {
		if p.Substreams < 1 || p.Requests > maxRequests {
			return fmt.Errorf("parent %+v", p)
		}
		filled += p.Substreams
		roles[p.Peer] = parent
	}
	if filled+s.Free != s.Substreams {
		return fmt.Errorf("%d slots filled, %d free, of %d", filled, s.Free, s.Substreams)
	}
	for state, peers := range map[linkState][]PeerID{dialling: s.Dialling, accepted: s.Accepted, child: s.Children} {
		for _, p := range peers {
			roles[p] = state
		}
	}
	for _, p := range []PeerID{s.Adopting, s.Readying} {
		if p != "" {
			roles[p] = dialling
		}
	}
	if s.Standby != "" {
		roles[s.Standby] = spare
	}
	if len(s.ClimbLinks) > maxDials {
		return fmt.Errorf("%d links to climb with", len(s.ClimbLinks))
	}
	for _, p := range s.ClimbLinks {
		if roles[p] = c.links[p]; roles[p] != dialling && roles[p] != spare {
			return fmt.Errorf("link %s is to climb with: %v", p, roles[p])
		}
	}
	if s.Standby != "" && s.Readying != "" {
		return fmt.Errorf("two standbys")
	}
	if len(roles) != len(c.links) {
		return fmt.Errorf("links %v, want %v", roles, c.links)
	}
	for p, state := range c.links {
		if roles[p] != state {
			return fmt.Errorf("link %s: %v, want %v", p, roles[p], state)
		}
	}
	if len(s.Dialling) > maxDials || len(s.Dialling)+len(s.Parents) > c.cfg.MaxParents {
		return fmt.Errorf("%d dialled, %d parents", len(s.Dialling), len(s.Parents))
	}
	if len(s.Accepted)+len(s.Children) > c.cfg.MaxChildren {
		return fmt.Errorf("%d children", len(s.Accepted)+len(s.Children))
	}
	return nil
}

func (s linkState) String() string {
	switch s {
	case dialling:
		return "dialling"
	case parent:
		return "parent"
	case accepted:
		return "accepted"
	case spare:
		return "spare"
	case child:
		return "child"
	default:
		return "no link"
	}
}
