package lab

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer"
)

// metrics is what peer i tells Prometheus, without the counters of what has never
// happened.
func (st *stage) metrics(i int) string {
	answer := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
	r.RemoteAddr = "pipe"
	st.members[i].agent.Admin().ServeHTTP(answer, r)
	var happened strings.Builder
	for line := range strings.Lines(answer.Body.String()) {
		if !strings.HasSuffix(line, " 0\n") {
			happened.WriteString(line)
		}
	}
	return happened.String()
}

// TestHostileMessagesAreCounted: what makes no sense changes nothing, neither
// for the player nor for the link, and the operator can see it.
func TestHostileMessagesAreCounted(t *testing.T) {
	t.Parallel()
	served(t, SwarmConfig{}, func(st *stage, s *stranger, l *datachannel.Link) {
		for _, m := range []datachannel.Message{
			datachannel.Grant{TTL: 1, From: "somebody", To: "somebody"},
			datachannel.Transition{UplinkBW: 1e9, TTL: 0, SourceTTL: 2, From: "somebody"},
			datachannel.Lack{URL: segmentName(3), SN: 3},
		} {
			if err := l.Send(m); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		metrics := st.metrics(0)
		for _, reason := range []string{"not a parent", "bad ttl", "not asked"} {
			if line := fmt.Sprintf("hlspeer_ignored_messages_total{channel=\"live\",reason=%q} 1\n", reason); !strings.Contains(metrics, line) {
				t.Errorf("metrics lack %s", line)
			}
		}
		if _, ok := s.ask(l, datachannel.Request{URL: segmentName(int64(*st.Rows()[0].Edge))}).(datachannel.Piece); !ok {
			t.Error("the link serves no more")
		}
		st.unharmed()
	})
}

// punished are the links that are dropped for what a remote did, or wants to do.
var punished = regexp.MustCompile(`^hlspeer_dropped_links_total.*reason="(full|idle|behind|cycle|bad content|bad size)"`)

// TestPeersUnderstandEachOther: in a swarm without strangers nothing is ignored,
// whoever comes, crashes or leaves, and nobody is sent away.
func TestPeersUnderstandEachOther(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 8, Uplinks: []int64{600_000, 400_000, 300_000, 800_000}, JoinEvery: time.Second}
	play(t, c, func(st *stage) {
		time.Sleep(40 * time.Second)
		st.crash(2)
		st.quit(4)
		time.Sleep(60 * time.Second)
		for i := range st.members {
			for line := range strings.Lines(st.metrics(i)) {
				if strings.HasPrefix(line, "hlspeer_ignored_") || punished.MatchString(line) {
					t.Errorf("peer %d: %s", i+1, line)
				}
			}
		}
		st.unharmed()
	})
}

// TestStaleParent: a parent delivers, but holds nothing newer than what its
// child has had long ago. It is left although it misses nothing.
func TestStaleParent(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]datachannel.SN{"fresh": 1, "stale": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stranger{}
			c := SwarmConfig{Peers: 1, adjust: func(_ int, c *peer.Config) { c.Upload = 0 }}
			prepared(t, c, func(st *stage) {
				s.request = func(s *stranger, l *datachannel.Link, r datachannel.Request) {
					body := st.truth(r)
					p := datachannel.Piece{URL: r.URL, SN: r.SN, Size: int64(len(body)), Current: r.SN - 1 - behind}
					_ = l.SendPiece(s.ctx, p, &content{s: s, data: body})
				}
				st.settle(s)
			}, func(st *stage) {
				leave := s.join(st)
				time.Sleep(60 * time.Second)
				st.unharmed()
				if n := s.asked.Load(); (behind < 3) != (n > 20) || n == 0 {
					t.Errorf("%d REQUESTs in a minute", n)
				}
				if got := strings.Contains(st.metrics(0), `hlspeer_dropped_links_total{channel="live",reason="behind"}`); got != (behind >= 3) {
					t.Errorf("dropped as behind: %v", got)
				}
				leave()
			})
		})
	}
}
