package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/mesh"
)

// watching is what a peer has told one who watched it, by kind of message and
// direction.
type watching map[string]int

// eavesdrop watches an agent for d.
func eavesdrop(t *testing.T, a *peer.Agent, d time.Duration) <-chan watching {
	ended := make(chan watching, 1)
	ctx, cancel := context.WithTimeout(context.Background(), d) // made in the bubble
	go func() {
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1/api/v1/events", nil)
		r.RemoteAddr = "pipe"
		w := httptest.NewRecorder()
		a.Admin().ServeHTTP(w, r)
		if text := w.Body.String(); strings.Contains(text, "ice-pwd:") && !strings.Contains(text, "ice-pwd:…") {
			t.Error("a password of a description is shown")
		}
		seen := watching{}
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			var ev peer.Event
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			if err := json.Unmarshal([]byte(data), &ev); err != nil {
				t.Error(err)
			}
			switch {
			case ev.Message != nil:
				seen[ev.Message.Via+" "+ev.Message.Direction+" "+ev.Message.Kind]++
			case ev.Link != nil:
				seen["link "+ev.Link.Event]++
			case ev.State != nil:
				seen["state "+ev.State.Event]++
			default:
				seen[ev.Type]++
			}
		}
		ended <- seen
	}()
	return ended
}

// TestPlanReplays: what the brains of a running swarm have decided, a fresh brain
// decides again when it is given their plan as a script; and whoever watches a
// peer meanwhile sees what passes. Of both engines.
func TestPlanReplays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    SwarmConfig
		want []string // that is seen of peer 2, "segment" and its like included
	}{
		{"live", SwarmConfig{Peers: 4, Uplinks: []int64{600_000, 400_000}, JoinEvery: 3 * time.Second}, []string{
			"scheduler out enter", "scheduler in accept", "state joined", "state relay up", "scheduler out get_parents",
			"relay out signal", "relay in signal", "link open", "link out request", "link in piece", "link in attachments", "segment",
		}},
		{"film", film(4, nil), []string{
			"tracker out announce", "tracker in announce", "state joined", "relay in signal", "link open", "link out bitfield", "link in bitfield",
			"link out request", "link in piece", "link in attachments", "link in have", "tracker out stats", "segment",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var plans []peer.Plan
			var seen watching
			bubble(t, tt.c, time.Second, func(s *Swarm) {
				watched := eavesdrop(t, s.members[1].agent, 40*time.Second)
				time.Sleep(45 * time.Second) // virtual
				seen = <-watched
				for _, m := range s.members {
					p, err := m.agent.Plans("", 0, 0)
					if err != nil {
						t.Error(err)
					}
					plans = append(plans, p...)
				}
			})
			for _, want := range tt.want {
				if seen[want] == 0 {
					t.Errorf("no %q in %v", want, seen)
				}
			}
			replayed(t, plans, tt.c.Peers)
		})
	}
}

// replayed runs each plan as a script.
func replayed(t *testing.T, plans []peer.Plan, peers int) {
	t.Helper()
	asked := 0
	for i, p := range plans {
		got, err := mesh.RunScript(p.Script)
		if err != nil {
			t.Fatal(err)
		}
		if asked += strings.Count(got, "\n  -> ask parent="); got != p.Script || !p.Complete || p.Steps < 50 {
			t.Errorf("plan %d of %d steps, complete: %v, decides differently when it is run again", i+1, p.Steps, p.Complete)
		}
	}
	if len(plans) != peers || asked < 20 {
		t.Errorf("%d plans with %d requests to peers, want %d with many", len(plans), asked, peers)
	}
}
