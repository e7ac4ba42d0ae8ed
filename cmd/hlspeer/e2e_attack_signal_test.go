//go:build e2e

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/lab"
	"hlspeer/signaling"
)

// misled has peers whose tracker is a puppet; the first is the victim, the others
// are watched, too.
type misled struct {
	*scene
	p      *puppet
	others []*node
	views  []*lab.Viewer
}

func newMisled(t *testing.T, peers int) *misled {
	p := newPuppet(t)
	m := &misled{scene: newScene(t, p.url), p: p}
	m.begin("--upload", "20Mbps")
	joined := func(n int) {
		await(t, fmt.Sprintf("%d peers have joined", n), 20*time.Second, func() bool { relays, _ := p.count(); return relays == n })
	}
	joined(1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel) // and that of the scene waits
	for i := range peers - 1 {
		n := startPeer(t, fmt.Sprint("other ", i+1), m.url, "--tracker", p.url, "--upload", "20Mbps")
		m.others = append(m.others, n)
		m.views = append(m.views, watch(ctx, t, &m.watch, n.play, m.check))
		joined(i + 2)
	}
	return m
}

// end says what came of it, after some more segments.
func (m *misled) end(victim, want string) outcome {
	m.t.Helper()
	m.watched(8)
	for i, v := range m.views {
		if r := v.Report(); r.Bad > 0 || r.Lost > 0 || r.Segments < 5 {
			m.t.Errorf("player of peer %d: %+v", i+2, r)
		}
	}
	tr, _ := m.victim.track()
	return outcome{fmt.Sprintf("%s; %d parents, %d MB resident", victim, len(tr.Parents), m.victim.rss()>>20), m.counted(want), m.seen(0)}
}

func selfParent(t *testing.T, _ string) outcome {
	m := newMisled(t, 1)
	for range 5 {
		m.p.parents("p1", "p1")
		m.p.tell("p1", `{"action":"adopt","parent_id":"p1","residual_bw":1e9}`)
		m.p.tell("p1", `{"action":"connect","to_peer_id":"p1"}`)
		m.p.tell("p1", `{"action":"disconnect","to_peers":["p1"]}`)
	}
	return m.end("makes no link", "own id")
}

func cycle(t *testing.T, _ string) outcome {
	m := newMisled(t, 2)
	for range 3 {
		m.p.parents("p1", "p2")
		m.p.parents("p2", "p1")
		m.watched(3)
	}
	return m.end("takes from above or from the source; nobody waits for itself", "")
}

func hugeMessages(t *testing.T, _ string) outcome {
	m := newMisled(t, 1)
	_, before := m.p.count()
	huge := `{"action":"parents","nodes":[` + strings.Repeat(`{"peer_id":"x","residual_bw":1},`, 320_000) + `{"peer_id":"x"}]}`
	deep := `{"action":"parents","nodes":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
	for _, text := range []string{deep, huge} {
		m.p.tell("p1", text)
		m.p.at(m.p.relays, "p1").say(text)
		m.watched(2)
	}
	after := before
	await(t, "the sockets that say so much end", 20*time.Second, func() bool {
		_, after = m.p.count()
		return after > before
	})
	if r := m.victim.rss(); r > 100<<20 {
		t.Errorf("it takes %d MB", r>>20)
	}
	return m.end(fmt.Sprintf("ends the sockets, and comes again (%d in all)", after), "malformed")
}

func longLists(t *testing.T, _ string) outcome {
	m := newMisled(t, 1)
	var parents, ids strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&parents, `{"peer_id":"x%d","residual_bw":1e9},`, i)
		fmt.Fprintf(&ids, `"x%d",`, i)
	}
	var offered atomic.Int64
	m.p.carries(func(_, _ signaling.PeerID, data []byte) []byte {
		if datachannel.IsOffer(data) {
			offered.Add(1)
		}
		return data
	})
	for range 3 {
		for i := range 2000 {
			m.p.tell("p1", fmt.Sprintf(`{"action":"adopt","parent_id":"x%d","residual_bw":1e9}`, i))
		}
		m.p.tell("p1", `{"action":"disconnect","to_peers":[`+ids.String()+`"x"]}`)
		m.p.tell("p1", `{"action":"parents","nodes":[`+parents.String()+`{"peer_id":"x"}]}`)
		m.watched(2)
	}
	if r := m.victim.rss(); r > 120<<20 {
		t.Errorf("it takes %d MB", r>>20)
	}
	if offered.Load() > 500 {
		t.Errorf("%d offers", offered.Load())
	}
	return m.end(fmt.Sprintf("makes %d offers to 306,000 names", offered.Load()), "")
}

func slammedDoors(t *testing.T, _ string) outcome {
	m := newMisled(t, 1)
	began := time.Now()
	m.p.close()
	_, before := m.p.count()
	after := before
	await(t, "the victim comes again", 40*time.Second, func() bool {
		_, after = m.p.count()
		return after > before
	})
	m.watched(4)
	if _, after = m.p.count(); after-before > 30 {
		t.Errorf("%d sockets in %v", after-before, time.Since(began))
	}
	out := m.end(fmt.Sprintf("comes again %d times in %.0f s", after-before, time.Since(began).Seconds()), "")
	out.counted = fmt.Sprintf("`tracker_connected` %.0f", m.victim.metric(`hlspeer_tracker_connected{channel="live"}`))
	return out
}

var fingerprint = regexp.MustCompile(`(a=fingerprint:sha-256 )([0-9A-F]{2})`)

func fingerprints(t *testing.T, _ string) outcome {
	m := newMisled(t, 2)
	var swapped atomic.Int64
	m.p.carries(func(_, _ signaling.PeerID, data []byte) []byte {
		return fingerprint.ReplaceAllFunc(data, func(f []byte) []byte {
			swapped.Add(1)
			last := len(f) - 1
			digit := byte('7')
			if f[last] == digit {
				digit = '8'
			}
			return append(bytes.Clone(f[:last]), digit)
		})
	})
	m.p.parents("p2", "p1")
	await(t, "descriptions have passed", 20*time.Second, func() bool { return swapped.Load() >= 2 })
	m.watched(8)
	tr, _ := m.victim.track()
	other, _ := m.others[0].track()
	if len(tr.Children) > 0 || len(other.Parents) > 0 || other.Bytes.P2P > 0 {
		t.Errorf("a link opened: %+v, %+v", tr.Children, other.Parents)
	}
	out := m.end("no link opens: the certificate is not the one that was named", "")
	connects := other.Connects
	if connects == nil || connects.Begun == 0 || connects.Opened > 0 {
		t.Errorf("links of the child: %+v", connects)
		return out
	}
	out.counted = fmt.Sprintf("`connects` of the child in its status: %d begun, %d opened", connects.Begun, connects.Opened)
	return out
}

func middleman(t *testing.T, _ string) outcome {
	m := newMisled(t, 1)
	v := newVillain(t, func(g *grip, r datachannel.Request) { g.piece(r, forgery(m.truth(r))) })
	v.send = func(to signaling.PeerID, data []byte) { m.p.signal("ghost", to, data) }
	m.p.carries(func(from, to signaling.PeerID, data []byte) []byte {
		if to == "ghost" {
			v.signaled(from, data)
		}
		return nil
	})
	m.p.parents("p1", "ghost")
	await(t, "the victim takes the tracker for its parent", 20*time.Second, func() bool { return v.asked.Load() > 0 })
	return m.end("opens the link: fingerprints come by the relay, and nothing else vouches for a peer. What comes is sampled as of any peer", "failed")
}
