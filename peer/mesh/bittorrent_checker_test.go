package mesh

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// swarmChecker is a caller of a [BitTorrent] that believes nothing: it keeps its
// own account of links, sources and holdings, from events and actions alone, and
// holds the engine's promises against it.
type swarmChecker struct {
	cfg     BitTorrentConfig
	brain   *BitTorrent
	now     time.Duration
	wake    time.Duration
	self    PeerID
	links   map[PeerID]linkState
	silent  map[PeerID]bool
	told    map[PeerID]bool        // it has sent BITFIELD
	holds   map[PeerID]map[SN]bool // as it last said of each segment
	here    map[SN]bool
	alone   map[SN]bool   // not to come from peers
	tails   map[SN]bool   // of which the HTTP source brings the end meanwhile
	source  map[SN]string // of every wanted segment; "": none in flight
	waiting map[SN]bool
	last    Snapshot // after the newest step
	done    []Action // of the newest step
	trace   []string // newest events and actions
}

func newSwarmChecker(c BitTorrentConfig) *swarmChecker {
	return &swarmChecker{
		cfg: c, brain: NewBitTorrent(c), wake: Never, links: map[PeerID]linkState{},
		silent: map[PeerID]bool{}, told: map[PeerID]bool{}, holds: map[PeerID]map[SN]bool{},
		here: map[SN]bool{}, source: map[SN]string{}, tails: map[SN]bool{}, alone: map[SN]bool{}, waiting: map[SN]bool{},
	}
}

// step returns a fault of the engine, or nil.
func (c *swarmChecker) step(now time.Duration, ev Event) error {
	c.now = min(max(now, c.now), horizon)
	c.note(FormatEvent(now, ev))
	c.event(ev)
	c.done, c.wake = c.brain.Step(now, ev)
	asked := map[SN]bool{}
	var faults []error
	for _, a := range c.done {
		c.note(FormatAction(a))
		if err := c.action(a, asked); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", FormatAction(a), err))
		}
	}
	c.last = c.brain.Snapshot()
	faults = append(faults, c.state(c.last), c.bounds())
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(c.trace, "\n"))
	}
	return nil
}

func (c *swarmChecker) note(line string) {
	if c.trace = append(c.trace, line[:min(len(line), 200)]); len(c.trace) > 40 {
		c.trace = c.trace[1:]
	}
}

// event takes note of what the engine is being told.
func (c *swarmChecker) event(ev Event) {
	switch ev := ev.(type) {
	case Wanted:
		if _, ok := c.source[ev.SN]; !ok {
			c.source[ev.SN], c.alone[ev.SN] = "", ev.Alone
		}
		c.waiting[ev.SN] = c.waiting[ev.SN] || ev.Waiting
	case Unwanted:
		c.forget(ev.SN)
	case Arrived:
		c.forget(ev.SN)
		c.here[ev.SN] = true
	case Evicted:
		delete(c.here, ev.SN)
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
		if ev.From != "" {
			c.broke(ev.SN, ev.From)
			delete(c.holds[ev.From], ev.SN)
		}
	case Entered:
		c.self = ev.Self
	case Silent:
		if c.links[ev.Peer] == peered {
			c.silent[ev.Peer] = true
		}
	case Heard:
		delete(c.silent, ev.Peer)
	case LinkUp:
		if l := c.links[ev.Peer]; l == dialling && !ev.Child || l == accepted && ev.Child {
			c.links[ev.Peer], c.holds[ev.Peer] = peered, map[SN]bool{}
		}
	case LinkDown:
		c.unlink(ev.Peer)
	default:
		c.said(ev)
	}
}

// said takes note of what neighbours hold.
func (c *swarmChecker) said(ev Event) {
	switch ev := ev.(type) {
	case Holds:
		if c.links[ev.From] == peered {
			c.told[ev.From], c.holds[ev.From] = true, map[SN]bool{}
			for _, sn := range ev.SNs {
				c.holds[ev.From][sn] = true
			}
		}
	case Has:
		if c.links[ev.From] == peered {
			c.holds[ev.From][ev.SN] = true
		}
	case HasLost:
		delete(c.holds[ev.From], ev.SN)
	}
}

func (c *swarmChecker) forget(sn SN) {
	delete(c.source, sn)
	delete(c.waiting, sn)
	delete(c.tails, sn)
}

func (c *swarmChecker) broke(sn SN, from PeerID) {
	if s, ok := c.source[sn]; ok && s == sourceName(from) {
		c.source[sn] = ""
	}
}

func (c *swarmChecker) unlink(peer PeerID) {
	delete(c.links, peer)
	delete(c.silent, peer)
	delete(c.told, peer)
	delete(c.holds, peer)
	for sn := range c.source {
		if peer != "" {
			c.broke(sn, peer)
		}
	}
}

func (c *swarmChecker) action(a Action, asked map[SN]bool) error {
	switch a := a.(type) {
	case AskParent:
		return errors.Join(c.askPeer(a), c.ask(a.SN, sourceName(a.Peer), asked))
	case AskOrigin:
		if head, ok := c.brain.playhead(); a.Delay != 0 ||
			ok && !c.waiting[a.SN] && (a.SN < head || a.SN > head+SN(c.cfg.Ahead)) {
			return fmt.Errorf("not from there: the playhead is at %d", head)
		}
		return c.ask(a.SN, sourceName(""), asked)
	case GiveUp:
		if _, ok := c.source[a.SN]; !ok {
			return fmt.Errorf("nobody wants it")
		}
		c.forget(a.SN)
	case AskTail:
		return tailed(a, c.source, c.tails)
	case Fetch:
		return c.fetch(a.SN)
	case GetPeers:
		if c.brain.standing != joined {
			return fmt.Errorf("out of the swarm")
		}
	case Ignored:
		return c.ignored(a)
	default:
		return c.link(a)
	}
	return nil
}

func (c *swarmChecker) askPeer(a AskParent) error {
	name := sourceName(a.Peer)
	for sn, s := range c.source {
		if s == name && sn != a.SN && !slices.Contains(c.done, Action(AskOrigin{SN: sn})) {
			return fmt.Errorf("it has a request for %d in hand", sn)
		}
	}
	switch {
	case c.links[a.Peer] != peered:
		return fmt.Errorf("it is no neighbour")
	case c.silent[a.Peer]:
		return fmt.Errorf("it is silent")
	case c.alone[a.SN]:
		return fmt.Errorf("the HTTP source was to be alone")
	case c.told[a.Peer] && !c.holds[a.Peer][a.SN]:
		return fmt.Errorf("it does not hold that")
	}
	return nil
}

func (c *swarmChecker) ask(sn SN, source string, asked map[SN]bool) error {
	if _, ok := c.source[sn]; !ok {
		return fmt.Errorf("nobody wants it")
	}
	if asked[sn] {
		return fmt.Errorf("second source in one step")
	}
	if c.tails[sn] && source != sourceName("") {
		return fmt.Errorf("the HTTP source is at it already")
	}
	asked[sn] = true
	c.source[sn] = source
	delete(c.tails, sn)
	return nil
}

// fetch is for what is neither here nor wanted, and of use.
func (c *swarmChecker) fetch(sn SN) error {
	_, wanted := c.source[sn]
	head, ok := c.brain.playhead()
	l := c.brain.list
	switch {
	case wanted, c.here[sn]:
		return fmt.Errorf("it is wanted or here")
	case !ok || sn <= head || sn > head+farthest || sn < l.first || sn > l.last:
		return fmt.Errorf("it is out of the window: the playhead is at %d, the list %+v", head, l)
	case l.live && sn > head+SN(c.cfg.Ahead):
		return fmt.Errorf("it is far ahead, on a live channel")
	}
	return nil
}

// link takes the actions about links. There are no others.
func (c *swarmChecker) link(a Action) error {
	switch a := a.(type) {
	case Dial:
		if err := c.dial(a.Peer); err != nil {
			return err
		}
		c.links[a.Peer] = dialling
	case Accept:
		c.unlink(a.Peer)
		c.links[a.Peer] = accepted
	case Drop:
		c.unlink(a.Peer)
		return nil
	case Refuse:
		return nil
	default:
		return fmt.Errorf("none of a swarm's")
	}
	if len(c.links) > c.cfg.Neighbours {
		return fmt.Errorf("%d links", len(c.links))
	}
	return nil
}

func (c *swarmChecker) dial(peer PeerID) error {
	switch {
	case peer == "" || peer == c.self:
		return fmt.Errorf("that is nobody, or us")
	case c.links[peer] != 0:
		return fmt.Errorf("there is a link already: %v", c.links[peer])
	case c.brain.standing != joined:
		return fmt.Errorf("out of the swarm")
	case c.brain.quarantine.holds(peer, c.now):
		return fmt.Errorf("in quarantine")
	}
	return nil
}

// ignored holds a step's complaints against their bound: one of each kind.
func (c *swarmChecker) ignored(a Ignored) error {
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

// state compares what the engine says of itself with the account.
func (c *swarmChecker) state(s Snapshot) error {
	if c.wake <= c.now {
		return fmt.Errorf("wake-up at %v wanted at %v", c.wake, c.now)
	}
	if len(s.Wanted) != len(c.source) {
		return fmt.Errorf("%d segments in hand, %d wanted", len(s.Wanted), len(c.source))
	}
	for _, w := range s.Wanted {
		if err := c.segment(w); err != nil {
			return fmt.Errorf("segment %d: %w", w.SN, err)
		}
	}
	links := map[PeerID]linkState{}
	for _, p := range s.Dialling {
		links[p] = dialling
	}
	for _, p := range s.Accepted {
		links[p] = accepted
	}
	for _, n := range s.Neighbours {
		links[n.Peer] = peered
		if n.Requests > 1 || n.Misses > recordLen || n.Listed != c.told[n.Peer] {
			return fmt.Errorf("neighbour %+v", n)
		}
	}
	if !maps.Equal(links, c.links) {
		return fmt.Errorf("links %v, the engine thinks %v", c.links, links)
	}
	return nil
}

func (c *swarmChecker) segment(w SegmentState) error {
	got := c.source[w.SN]
	switch w.Source {
	case "queued":
		// A request that was taken back may still be under way.
		if got == sourceName("") {
			return fmt.Errorf("queued while the HTTP source is at it")
		}
		c.source[w.SN] = ""
	case "asked", "fetched":
		if want := sourceName(w.Parent); got != want {
			return fmt.Errorf("source in flight %q, the engine thinks %q", got, want)
		}
	default:
		return fmt.Errorf("source %q", w.Source)
	}
	if c.wake > w.Deadline {
		return fmt.Errorf("wake-up at %v, deadline %v", c.wake, w.Deadline)
	}
	return nil
}

// bounds holds what is kept against its bounds.
func (c *swarmChecker) bounds() error {
	b := c.brain
	words := len(b.have)
	for _, n := range b.neighbours {
		words = max(words, len(n.held))
	}
	for _, s := range b.segments {
		if len(s.tried) > maxSubstreams || len(s.missed) > c.cfg.Neighbours {
			return fmt.Errorf("segment %+v", s)
		}
	}
	if words > maxWords || len(b.known) > maxKnown || len(b.fetches) > maxFetches ||
		len(b.segments) > maxWanted || len(b.quarantine.sentences) > maxSentences {
		return fmt.Errorf("%d words, %d known, %d fetches, %d segments", words, len(b.known), len(b.fetches), len(b.segments))
	}
	return nil
}
