package tracker

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// TestScripts plays the scripts in testdata. A script is lines of
//
//	<time> <peer> <verb> [arguments]    an event
//	<time> show                         the state of the room
//
// and below each what follows from it: "> peer message", with "@time" where a
// timer was the cause. The verbs:
//
//	joins UPLINK [isp=X] [province=X] [rate=STREAM] [own] [back]   a peer is accepted,
//	                            with our client, under the id that it had
//	up, down                            signals reach it, or do not
//	asks                                get_parents
//	enters UPLINK ...                   joins, up and asks in one
//	opened LINK N [RATE]                dc_opened, of one substream's rate
//	closed LINK, failed LINK            dc_closed, dc_failed
//	uplink RATE, measured RATE, transition, adopt PEER, leaves
//
// The line "standby" lets the room name standbys. A link is child-parent. Four substreams of 625 kbit/s each: an uplink of
// 2.8M carries one stream of four.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, want)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("played:\n%s", got)
			}
		})
	}
}

// A script is a room and the record of what it said.
type script struct {
	t    *testing.T
	room *Room
	now  time.Duration
	wake time.Duration
	out  bytes.Buffer
}

func testRoom(seed uint64) *Room {
	return NewRoom(RoomConfig{
		Substreams: 4, ReportSpan: 60, StreamRate: 2_500_000,
		Rand: rand.New(rand.NewPCG(seed, seed)),
		Plan: true, CompactShare: 0.2,
	})
}

// play runs the events of a script and returns it with what really follows.
func play(t *testing.T, text []byte) []byte {
	s := &script{t: t, room: testRoom(1)}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case strings.HasPrefix(line, ">"), strings.HasPrefix(line, "="), strings.HasPrefix(line, "@"):
			continue
		case line == "standby":
			s.room.config.Standby = true
			fmt.Fprintln(&s.out, line)
		case line != "" && line[0] != '#':
			f := strings.Fields(line)
			at, err := time.ParseDuration(f[0])
			if err != nil || at < s.now {
				t.Fatalf("%q: bad time", line)
			}
			s.until(at)
			fmt.Fprintln(&s.out, line)
			s.event(line, f[1:])
		default:
			fmt.Fprintln(&s.out, line)
		}
	}
	return s.out.Bytes()
}

// until lets the room's timers run.
func (s *script) until(at time.Duration) {
	for s.wake != 0 && s.wake <= at {
		s.step(s.wake, Tick{})
	}
	s.now = at
}

func (s *script) step(at time.Duration, ev Event) {
	out, wake := s.room.Step(at, ev)
	if wake != 0 && wake <= at {
		s.t.Fatalf("at %v the room wants to be woken at %v", at, wake)
	}
	for _, o := range out {
		cause := ""
		if _, ok := ev.(Tick); ok {
			cause = "@" + at.Round(10*time.Millisecond).String() + " "
		}
		fmt.Fprintf(&s.out, "   %s> %s %s\n", cause, o.To, describe(o.Message))
	}
	s.wake = wake
	check(s.t, s.room)
}

func (s *script) event(line string, f []string) {
	if f[0] == "show" {
		s.show()
		return
	}
	if len(f) < 2 {
		s.t.Fatalf("%q: no verb", line)
	}
	id, args := signaling.PeerID(f[0]), append(f[2:], "", "", "")
	if f[1] == "enters" {
		s.step(s.now, Joined{Peer: id, Enter: s.enter(id, f[2:])})
		s.step(s.now, RelayUp{id})
		s.step(s.now, Message{id, signaling.GetParents{}})
		return
	}
	dcid, n := signaling.DCID(args[0]), s.number(args[1])
	says := func(m signaling.Message) Event { return Message{id, m} }
	verbs := map[string]func() Event{
		"joins":  func() Event { return Joined{Peer: id, Enter: s.enter(id, f[2:])} },
		"up":     func() Event { return RelayUp{id} },
		"down":   func() Event { return RelayDown{id} },
		"leaves": func() Event { return Left{id} },
		"asks":   func() Event { return says(signaling.GetParents{}) },
		"opened": func() Event {
			return says(signaling.DCOpened{DCID: dcid, Substreams: int(n), StreamRate: s.number(args[2])})
		},
		"closed":     func() Event { return says(signaling.DCClosed{DCID: dcid, Substreams: 1}) },
		"failed":     func() Event { return says(signaling.DCFailed{DCID: dcid}) },
		"uplink":     func() Event { return says(signaling.UplinkBW{Value: s.number(args[0])}) },
		"measured":   func() Event { return Measured{id, s.number(args[0])} },
		"transition": func() Event { return says(signaling.TransitionRequest{}) },
		"adopt":      func() Event { return says(signaling.AdoptRequest{To: signaling.PeerID(args[0])}) },
	}
	verb := verbs[f[1]]
	if verb == nil {
		s.t.Fatalf("%q: unknown verb", line)
	}
	s.step(s.now, verb())
}

func (s *script) enter(id signaling.PeerID, args []string) signaling.Enter {
	e := signaling.Enter{UplinkBW: s.number(args[0])}
	for _, a := range args[1:] {
		switch k, v, _ := strings.Cut(a, "="); k {
		case "own":
			e.Browser = ownClient
		case "back":
			e.Resume = id
		case "isp":
			e.ISP = v
		case "province":
			e.Province = v
		case "rate":
			e.StreamRate = s.number(v)
		default:
			s.t.Fatalf("unknown argument %q", a)
		}
	}
	return e
}

// number reads 12, 625k or 2.5M.
func (s *script) number(text string) signaling.BitRate {
	factor := 1.0
	switch {
	case text == "":
		return 0
	case strings.HasSuffix(text, "k"):
		factor = 1e3
	case strings.HasSuffix(text, "M"):
		factor = 1e6
	}
	f, err := strconv.ParseFloat(strings.TrimRight(text, "kM"), 64)
	if err != nil {
		return 0
	}
	return signaling.BitRate(f * factor)
}

func describe(m signaling.Message) string {
	switch m := m.(type) {
	case signaling.Parents:
		if len(m.Nodes) == 0 {
			return "parents none"
		}
		var text strings.Builder
		text.WriteString("parents")
		for _, n := range m.Nodes {
			text.WriteString(fmt.Sprintf(" %s=%.0f", n.PeerID, n.ResidualBW))
		}
		return text.String()
	case signaling.Disconnect:
		return fmt.Sprint("disconnect ", m.Peers)
	case signaling.Accept:
		return fmt.Sprintf("accept %s", m.PeerID)
	case signaling.Adopt:
		return fmt.Sprintf("adopt %s=%.0f", m.Parent, m.ResidualBW)
	case signaling.TransitionReply:
		return fmt.Sprint("transition ", m.Success)
	}
	return m.Action()
}

func (s *script) show() {
	peers := s.room.Snapshot().Peers
	slices.SortFunc(peers, func(a, b PeerSnapshot) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, p := range peers {
		fmt.Fprintf(&s.out, "   = %s level=%d slots=%d used=%d reserved=%d", p.ID, p.Level, p.Slots, p.Used, p.Reserved)
		if p.Root {
			fmt.Fprint(&s.out, " root")
		}
		for _, e := range p.Parents {
			fmt.Fprintf(&s.out, " %s:%d", e.ID, e.Substreams)
		}
		fmt.Fprintln(&s.out)
	}
}
