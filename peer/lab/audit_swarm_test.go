package lab

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer"
)

// polluter is a way to the source on which segments become forgeries, from the
// one with the number from on.
type polluter struct {
	over http.RoundTripper
	from int64
}

// RoundTrip implements [http.RoundTripper].
func (p *polluter) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.over.RoundTrip(r)
	sn, ok := parseSegmentName(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	if err != nil || !ok || sn < p.from || res.StatusCode >= 300 {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	off := 0
	if part, ok := strings.CutPrefix(res.Header.Get("Content-Range"), "bytes "); ok {
		off, _ = strconv.Atoi(strings.SplitN(part, "-", 2)[0])
	}
	res.Body = io.NopCloser(bytes.NewReader(forged(body, off, 0)))
	return res, err
}

// pollutes makes a peer of ours one that gets all from the source, changes it, and
// gives it to others. What these send differs from that, so it takes none of it; but
// one that lies now and then passes on true segments too.
func pollutes(c *peer.Config, from int64, always bool) {
	c.Origin.Transport = &polluter{c.Origin.Transport, from}
	if c.Verify, c.P2PDeadline = peer.VerifyOff, time.Millisecond; always {
		c.Verify = peer.VerifyStrict
	}
}

// bans are the peers to which links were dropped for false segments.
type bans struct {
	mu  sync.Mutex
	ids []string
}

// by notes whom a peer bans.
func (b *bans) by(c *peer.Config) { c.Logger = slog.New(banLog{b}) }

func (b *bans) list() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.ids)
}

type banLog struct{ *bans }

func (banLog) Enabled(context.Context, slog.Level) bool { return true }
func (l banLog) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l banLog) WithGroup(string) slog.Handler          { return l }

// Handle implements [slog.Handler].
func (l banLog) Handle(_ context.Context, r slog.Record) error {
	var id, reason string
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "peer":
			id = a.Value.String()
		case "reason":
			reason = a.Value.String()
		}
		return true
	})
	if r.Message == "link dropped" && reason == "bad content" {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ids = append(l.ids, id)
	}
	return nil
}

// pollution is a swarm in which some lie.
type pollution struct {
	config SwarmConfig
	every  int  // the first and every so many are polluters; 0: none
	rarely bool // they lie now and then
	lasts  time.Duration
	steady time.Duration // then, the cost is measured for so long
}

// outcome is how it went for the honest ones.
type outcome struct {
	offload         float64
	wrong, segments int
	honest, liars   int     // links dropped for false segments, to these
	cost, asks      float64 // audits in the steady state: bytes of all bytes, requests a segment
	all             float64 // bytes of audits of all bytes, from the start
	audits          peer.AuditCounts
}

// run plays it.
func (p pollution) run(t *testing.T) (o outcome) {
	t.Helper()
	banned := &bans{}
	lies := func(i int) bool { return p.every > 0 && i%p.every == 0 }
	c := p.config
	c.adjust = func(i int, c *peer.Config) {
		if lies(i) {
			pollutes(c, 0, !p.rarely)
		} else {
			banned.by(c)
		}
	}
	play(t, c, func(st *stage) {
		time.Sleep(p.lasts)
		for i := range st.members {
			if lies(i) {
				st.gone = append(st.gone, i)
			}
		}
		before := st.rows()
		time.Sleep(p.steady)
		rows := st.rows()
		o = outcomeOf(before, rows)
		o.audits = st.audits()
		var liars []string
		for i, r := range st.Rows() {
			if lies(i) {
				liars = append(liars, string(r.PeerID))
			}
		}
		for _, id := range banned.list() {
			if slices.Contains(liars, id) {
				o.liars++
			} else {
				o.honest++
			}
		}
		st.unharmedBut(p.rarely)
	})
	return o
}

// unharmedBut is unharmed, where false bytes may have been seen.
func (st *stage) unharmedBut(wrong bool) {
	st.t.Helper()
	for _, r := range st.rows() {
		if v := r.Viewer; v.Stalls > 0 || v.Lost > 0 || v.Wrong > 0 && !wrong {
			st.t.Errorf("peer %d: %d stalls (%.1f s), %d lost and %d wrong segments", r.Peer, v.Stalls, v.StallTime, v.Lost, v.Wrong)
		}
	}
}

func outcomeOf(before, after []Row) (o outcome) {
	var p2p, all, audit, steady, steadyAudit, asks, segments int64
	for i, r := range after {
		b := before[i]
		p2p, all, audit = p2p+r.Bytes.P2P, all+r.Bytes.P2P+r.Bytes.HTTP, audit+r.Bytes.Audit
		steady += r.Bytes.P2P + r.Bytes.HTTP - b.Bytes.P2P - b.Bytes.HTTP
		steadyAudit += r.Bytes.Audit - b.Bytes.Audit
		asks += r.Counts.AuditRequests - b.Counts.AuditRequests
		segments += r.Counts.P2P + r.Counts.HTTP - b.Counts.P2P - b.Counts.HTTP
		o.wrong += r.Viewer.Wrong
		o.segments += r.Viewer.Segments
	}
	o.offload, o.all = float64(p2p)/float64(all), float64(audit)/float64(all)
	if steady > 0 {
		o.cost, o.asks = float64(steadyAudit)/float64(steady), float64(asks)/float64(segments)
	}
	return o
}

// TestPolluters: a tenth, or half of a swarm sends forgeries. They are there first and
// have all from the source at once, so they are whom the others come to. No player sees a false
// byte or has to wait, and no honest peer is taken for one of them.
func TestPolluters(t *testing.T) {
	t.Parallel()
	watched := film(6, nil)
	watched.JoinEvery = 2 * time.Second
	for name, c := range map[string]struct {
		config SwarmConfig
		every  int
		costs  float64 // of the offload, at most
		wrong  float64 // share of the segments that players see, at most
	}{
		"live, a tenth":           {steadyChannel(10), 10, .15, 0},
		"live, half":              {steadyChannel(10), 2, .5, 0},
		"live, half now and then": {steadyChannel(10), 2, .5, .1},
		"film, half":              {watched, 2, .35, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean := c.config
			clean.Peers -= c.config.Peers / c.every
			without := pollution{config: clean, lasts: 70 * time.Second}.run(t)
			with := pollution{config: c.config, every: c.every, rarely: c.wrong > 0, lasts: 70 * time.Second}.run(t)
			t.Logf("offload %.3f, without polluters %.3f; %d of %d segments wrong; banned %d times polluters, %d times others; audits %+v, %.4f of all bytes",
				with.offload, without.offload, with.wrong, with.segments, with.liars, with.honest, with.audits, with.all)
			if float64(with.wrong) > c.wrong*float64(with.segments) || with.honest > 0 && c.wrong == 0 || with.audits.Failed == 0 || with.liars == 0 {
				t.Error("want fewer wrong segments, no honest peer banned, and polluters that are")
			}
			if with.offload < without.offload-c.costs {
				t.Errorf("polluters cost %.2f of the offload, want %.2f at most", without.offload-with.offload, c.costs)
			}
		})
	}
}

// steadyChannel is a live channel whose peers can feed three others each.
func steadyChannel(peers int) SwarmConfig {
	return SwarmConfig{
		Peers: peers, Uplinks: []int64{4 * crowdRate}, JoinEvery: time.Second, Origin: OriginConfig{BitRate: crowdRate},
	}
}

// TestAuditCost: what audits cost once peers know each other.
func TestAuditCost(t *testing.T) {
	t.Parallel()
	o := pollution{config: steadyChannel(4), lasts: 5 * time.Minute, steady: 2 * time.Minute}.run(t)
	t.Logf("steady: %.4f of the bytes, %.3f requests a segment; from the start %.4f of the bytes; %+v; offload %.3f", o.cost, o.asks, o.all, o.audits, o.offload)
	if o.cost > .01 || o.asks > .2 || o.audits.Passed == 0 || o.audits.Failed > 0 || o.wrong > 0 {
		t.Error("want 1 % of the bytes and 0.2 requests a segment at most, and nothing found wrong")
	}
}
