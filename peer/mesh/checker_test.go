package mesh

import (
	"errors"
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
	alone  map[SN]bool     // not to come from peers
	tails  map[SN]bool     // of which the HTTP source brings the end meanwhile
	last   Snapshot        // after the newest step
	done   []Action        // of the newest step
	trace  []string        // newest events and actions
}

func newChecker(c Config) *checker {
	return &checker{
		cfg: c, brain: NewFastmesh(c), wake: Never,
		links: map[PeerID]linkState{}, opened: map[PeerID]bool{}, source: map[SN]string{}, tails: map[SN]bool{}, alone: map[SN]bool{},
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
	before := c.last
	c.last = c.brain.Snapshot()
	if err := errors.Join(c.state(c.last), c.makesBeforeBreaks(ev, before)); err != nil {
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
			c.source[ev.SN], c.alone[ev.SN] = "", ev.Alone
		}
	case Offering:
		c.cfg.Uplink, c.cfg.MaxChildren = ev.Uplink, ev.MaxChildren
	case Unwanted:
		c.forget(ev.SN)
	case Arrived:
		c.forget(ev.SN)
	case Met:
		if c.tails[ev.SN] {
			c.source[ev.SN] = sourceName("")
			delete(c.tails, ev.SN)
		}
	case Failed:
		if ev.From == "" {
			delete(c.tails, ev.SN)
		}
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

func (c *checker) forget(sn SN) {
	delete(c.source, sn)
	delete(c.tails, sn)
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
		if c.alone[a.SN] {
			return fmt.Errorf("the HTTP source was to be alone")
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
		c.forget(a.SN)
	case AskTail:
		return tailed(a, c.source, c.tails)
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
	if c.tails[sn] && peer != "" {
		return fmt.Errorf("the HTTP source is at it already")
	}
	asked[sn] = true
	c.source[sn] = sourceName(peer)
	delete(c.tails, sn)
	return nil
}

// tailed takes a second source for the end of a segment: there is one at most, and a
// peer that brings the beginning.
func tailed(a AskTail, source map[SN]string, tails map[SN]bool) error {
	if s := source[a.SN]; a.From <= 0 || tails[a.SN] || s == "" || s == sourceName("") {
		return fmt.Errorf("beside %q, tail %v", s, tails[a.SN])
	}
	tails[a.SN] = true
	return nil
}

// parents is how many there are.
func (c *checker) parents() (n int) {
	for _, l := range c.links {
		if l == parent {
			n++
		}
	}
	return n
}

func (c *checker) dial(peer PeerID) error {
	switch {
	case peer == "" || peer == c.self:
		return fmt.Errorf("that is nobody, or us")
	case c.links[peer] != 0:
		return fmt.Errorf("there is a link already: %v", c.links[peer])
	}
	for _, q := range c.last.Quarantined {
		s := c.brain.quarantine.sentences[peer]
		pardoned := s.lost && !s.bad && s.until <= c.now && c.now >= q.Until-s.span+missFor && c.parents() == 0
		if q.Peer == peer && q.Until > c.now && !pardoned {
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

// makesBeforeBreaks: a parent that does its duty is given up only where another
// one is open or takes its slots, or the HTTP source takes over for good; or
// when we climb to the parents of another, which are open and may be ours by
// then. Only the scheduler can make us have fewer slots.
func (c *checker) makesBeforeBreaks(ev Event, before Snapshot) error {
	_, entered := ev.(Entered)
	made := entered || c.last.Root || c.last.Climb == "waiting" && before.Climb != "waiting" || slices.ContainsFunc(c.done, func(a Action) bool {
		_, opened := a.(ReportOpened)
		return opened
	})
	for _, a := range c.done {
		d, dropped := a.(Drop)
		fed := slices.ContainsFunc(before.Parents, func(p ParentState) bool { return p.Peer == d.Peer })
		if dropped && fed && d.Reason == Replaced && !made {
			return fmt.Errorf("parent %s was given up for nobody", d.Peer)
		}
	}
	return nil
}
