package mesh

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// RunScript runs a script and returns it with what a fresh engine of this version
// answers. A script is a trace: events, and under each of them the actions that
// the engine answers with. Besides events there are
//
//	config substreams=3 seed=7    first line; what is not named has its default,
//	                              but there is no standby
//	config engine=bittorrent neighbours=3
//	                              the same for a swarm
//	@20s run                      tick whenever the engine wants it, until 20 s
//	state                         show what the engine knows
//
// Lines that begin with a blank are what is expected: they are left out and
// written anew. So a script whose expectations hold comes back as it was. Blank
// lines and those that begin with # stay. The error names the line.
func RunScript(text string) (string, error) {
	s := &script{}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			continue
		}
		s.out.WriteString(line + "\n")
		if err := s.line(line); err != nil {
			return "", fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return s.out.String(), nil
}

// FormatStep writes a step of an engine as a script has it: the event, and
// under it the actions.
func FormatStep(now time.Duration, ev Event, do []Action) string {
	if len(do) == 0 {
		return FormatEvent(now, ev) + "\n"
	}
	var b strings.Builder
	b.WriteString(FormatEvent(now, ev) + "\n")
	for _, a := range do {
		b.WriteString(FormatAction(a) + "\n")
	}
	return b.String()
}

// script is a run in progress.
type script struct {
	out   strings.Builder
	brain Engine
	wake  time.Duration
}

func (s *script) line(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	if options, ok := strings.CutPrefix(line, "config engine=bittorrent"); ok {
		c, err := swarmConfig(options)
		s.brain = NewBitTorrent(c)
		return err
	}
	if options, ok := strings.CutPrefix(line, "config"); ok {
		c, err := scriptConfig(options)
		s.brain = NewFastmesh(c)
		return err
	}
	if s.brain == nil {
		s.brain = NewFastmesh(scriptDefault())
	}
	if line == "state" {
		s.state()
		return nil
	}
	if end, ok := strings.CutSuffix(line, " run"); ok {
		return s.run(strings.TrimPrefix(end, "@"))
	}
	now, ev, err := ParseEvent(line)
	if err == nil {
		s.step(now, ev)
	}
	return err
}

func (s *script) step(now time.Duration, ev Event) {
	var do []Action
	do, s.wake = s.brain.Step(now, ev)
	for _, a := range do {
		s.out.WriteString(FormatAction(a) + "\n")
	}
}

func (s *script) run(until string) error {
	end, err := time.ParseDuration(until)
	if err != nil {
		return err
	}
	for s.wake <= end {
		now := s.wake
		fmt.Fprintf(&s.out, "  @%v\n", now)
		if s.step(now, Tick{}); s.wake <= now {
			return fmt.Errorf("wake-up at %v wanted at %v", s.wake, now)
		}
	}
	return nil
}

// state writes the slots, then whatever there is.
func (s *script) state() {
	snap := s.brain.Snapshot()
	fmt.Fprintf(&s.out, "  == %s", snap.Standing)
	if snap.Root {
		s.out.WriteString(" root")
	}
	if f, ok := s.brain.(*Fastmesh); ok {
		s.out.WriteString(" slots=")
		for _, p := range f.slots {
			fmt.Fprintf(&s.out, "[%s]", p)
		}
	}
	s.list("dialling", snap.Dialling)
	s.list("adopting", snap.Adopting)
	s.one("readying", snap.Readying)
	s.one("standby", snap.Standby)
	if snap.Climb != "resting" && snap.Climb != "" {
		s.out.WriteString(" " + snap.Climb)
	}
	s.list("climb-link", snap.ClimbLinks)
	s.list("accepted", snap.Accepted)
	s.list("children", snap.Children)
	for _, n := range snap.Neighbours {
		s.neighbour(n)
	}
	for _, w := range snap.Wanted {
		fmt.Fprintf(&s.out, " %d:%s", w.SN, w.Source)
		if w.Parent != "" {
			fmt.Fprintf(&s.out, ":%s", w.Parent)
		}
		if w.Deadline != Never {
			fmt.Fprintf(&s.out, ":%v", w.Deadline)
		}
		if w.Tail > 0 {
			fmt.Fprintf(&s.out, ":tail=%d", w.Tail)
		}
	}
	for _, q := range snap.Quarantined {
		fmt.Fprintf(&s.out, " quarantined=%s:%v", q.Peer, q.Until)
	}
	s.out.WriteString("\n")
}

// neighbour writes how many segments it holds, "?" before it has said so.
func (s *script) neighbour(n NeighbourState) {
	holds := "?"
	if n.Listed {
		holds = strconv.Itoa(n.Holds)
	}
	fmt.Fprintf(&s.out, " neighbour=%s:%s", n.Peer, holds)
	if n.Misses > 0 {
		fmt.Fprintf(&s.out, ":misses=%d", n.Misses)
	}
}

func (s *script) one(name string, p PeerID) {
	if p != "" {
		s.list(name, []PeerID{p})
	}
}

func (s *script) list(name string, peers []PeerID) {
	for _, p := range peers {
		fmt.Fprintf(&s.out, " %s=%s", name, p)
	}
}
