package signaling

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// passages are what was watched.
type passages struct {
	mu   sync.Mutex
	seen []string
}

func (p *passages) note(m Passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, fmt.Sprintf("%s %v %s %s", m.Via, m.Out, m.Request, m.Text))
}

// expect wants these to have passed, and nothing secret that is not in a message.
func (p *passages) expect(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	all := strings.Join(p.seen, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("no %s in\n%s", w, all)
		}
	}
	if strings.Contains(all, "hush") || strings.Contains(all, "se cret") {
		t.Errorf("a secret of an address is shown:\n%s", all)
	}
}

// TestClientWatch: what passes on both sockets is watched, unreadable messages too.
func TestClientWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p passages
		w := newWorld(t, "scheduler", "relay")
		c := testConfig(w)
		c.Watch = p.note
		s := start(t, c)
		scheduler := w.host("scheduler").next(t)
		scheduler.say(t, `{"action":"accept","peer_id":7}`)
		expect[Accepted](t, s)
		relay := w.host("relay").next(t)
		expect[RelayUp](t, s)
		if err := s.Signal("C", []byte(`{"type":"offer"}`)); err != nil {
			t.Error(err)
		}
		relay.say(t, `{"action":`)
		synctest.Wait()
		p.expect(
			t, `scheduler true  {"action":"enter","channel":"http://x/`, `scheduler false  {"action":"accept","peer_id":7}`,
			`relay true  {"peer_id":"7","action":"signal","from_peer_id":"7","to_peer_id":"C","data":{"type":"offer"}}`, `relay false  {"action":`,
		)
	})
}

// TestSwarmWatch: requests to a tracker are watched without its keys, and so are the
// answers and the relay.
func TestSwarmWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p passages
		w := newWorld(t, "tracker", "relay")
		f := newFakeTracker(w.host("tracker"))
		c := swarmConfig(w)
		c.Announces[0] = "http://tracker/?pass=hush"
		c.Watch = p.note
		s := startSwarm(t, c)
		f.next(t)
		expect[Accepted](t, s.subject)
		expect[Peers](t, s.subject)
		relay := w.host("relay").next(t)
		expect[RelayUp](t, s.subject)
		relay.say(t, `{"action":"signal","from_peer_id":"B","data":{}}`)
		expect[Signaled](t, s.subject)
		synctest.Wait()
		p.expect(
			t, `tracker true announce {"info_hash":"`+infoHash(c.Room)+`","channel":"http://x/`, `tracker false announce {`,
			`relay false  {"action":"signal","from_peer_id":"B","data":{}}`,
		)
	})
}
