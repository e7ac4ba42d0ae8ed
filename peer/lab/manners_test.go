package lab

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer"
)

// metrics is what the first peer tells Prometheus.
func (st *stage) metrics() string {
	answer := httptest.NewRecorder()
	st.members[0].agent.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil))
	return answer.Body.String()
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
		metrics := st.metrics()
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
				if got := strings.Contains(st.metrics(), `hlspeer_dropped_links_total{channel="live",reason="behind"}`); got != (behind >= 3) {
					t.Errorf("dropped as behind: %v", got)
				}
				leave()
			})
		})
	}
}
