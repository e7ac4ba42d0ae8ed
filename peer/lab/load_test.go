package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestLoad: peers come, say good-bye and crash on lines with loss and different
// delays. Those who are left play on, the report tells of it, and what the gone
// ones held is let go. That the bubble ends says that all goroutines have.
func TestLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := uint64(1)
		c := SwarmConfig{
			Peers: 5, Uplinks: []int64{strong}, LookEvery: 2 * time.Second, Seed: &seed,
			Lines: []Line{{Delay: 10 * time.Millisecond}, {Delay: 40 * time.Millisecond, Loss: .005, Down: 20_000_000}},
			Stays: []Stay{{}, {From: 2 * time.Second}, {From: 4 * time.Second, For: 26 * time.Second}, {From: 6 * time.Second, For: 34 * time.Second, Crash: true}, {From: 8 * time.Second}, {From: 50 * time.Second}},
		}
		c.bubble(0)
		c.keep = false
		s, err := NewSwarm(c)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Measure(t.Context(), 80*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(dialLimit) // of the dead
		if *r.Stalls > 0 || *r.Wrong > 0 || r.Segments.Lost > 0 {
			t.Errorf("%d stalls, %d wrong and %d lost segments, want none", *r.Stalls, *r.Wrong, r.Segments.Lost)
		}
		if r.Peers != 5 || r.Joined != 6 || r.Departures != 2 {
			t.Errorf("%d peers, %d came, %d left again; want 5, 6, 2", r.Peers, r.Joined, r.Departures)
		}
		if !r.Rows[2].Left || r.Rows[2].Crashed || !r.Rows[3].Crashed || r.Rows[4].Left {
			t.Error("the rows do not say who left, and how")
		}
		if r.Offload == nil || *r.Offload < .4 || r.Missing == nil || *r.Missing > .3 || r.Reparents == nil || r.ParentsLost == nil {
			t.Errorf("offload %v, missing %v, re-parents %v, parents lost %v", r.Offload, r.Missing, r.Reparents, r.ParentsLost)
		}
		if n := len(r.History); n < 38 || n > 40 || r.History[n-1].Peers != 4 || *r.History[n-1].P2P == 0 {
			t.Errorf("%d samples of 80 s: %+v", n, r.History[n-1])
		}
		for _, i := range []int{2, 3} {
			if s.members[i].agent != nil || s.members[i].viewer != nil {
				t.Errorf("peer %d has left and still holds its segments", i+1)
			}
		}
	})
}

// TestMeasureEndsEarly: an interrupted run has a report, too.
func TestMeasureEndsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := SwarmConfig{Peers: 2}
		c.bubble(time.Millisecond)
		s, err := NewSwarm(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := s.Measure(ctx, time.Hour)
		if err != nil || r.Duration < 20 || r.Duration > 21 || r.Rows[1].Left || r.Rows[1].Viewer.Segments < 5 {
			t.Errorf("%v, %+v", err, r)
		}
	})
}

// TestMeasureDoesNotHang: a part that does not end costs the report some time, not
// its existence.
func TestMeasureDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := SwarmConfig{Peers: 1}
		c.bubble(time.Millisecond)
		s, err := NewSwarm(c)
		if err != nil {
			t.Fatal(err)
		}
		stuck, meet := make(chan struct{}), s.meet
		s.meet = func(ctx context.Context) error {
			err := meet(ctx)
			<-stuck
			return err
		}
		began := time.Now()
		r, err := s.Measure(t.Context(), 10*time.Second)
		if took := time.Since(began); !errors.Is(err, ErrUnended) || r.Rows[0].Viewer.Segments == 0 || took > 10*time.Second+farewellLimit {
			t.Errorf("%v after %v, %+v", err, took, r)
		}
		close(stuck)
	})
}

// TestSwarmFaults: what has no meaning is refused.
func TestSwarmFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]SwarmConfig{
		"no peers":            {},
		"too many":            {Peers: 2000},
		"lines of a real one": {Peers: 1, Lines: []Line{{}}},
		"crash in a real one": {Peers: 1, Stays: []Stay{{For: 1, Crash: true}}},
		"loss":                {Peers: 1, Virtual: true, Lines: []Line{{Loss: .6}}},
		"delay":               {Peers: 1, Virtual: true, Lines: []Line{{Delay: -1}}},
		"downlink":            {Peers: 1, Virtual: true, Lines: []Line{{Down: 1}}},
		"unreachable":         {Peers: 1, Virtual: true, Tracker: "http://t"},
		"checks itself":       {Peers: 1, Check: true},
		"too many stays":      {Peers: 1, Stays: make([]Stay, MaxSwarmStays+1)},
	} {
		if _, err := NewSwarm(c); err == nil {
			t.Errorf("%s: is accepted", name)
		}
	}
}

// TestForeignSource: a swarm at somebody else's source and tracker knows of the
// bytes what it is told to compare, and finds a source that lies to peers.
func TestForeignSource(t *testing.T) {
	t.Parallel()
	for _, lies := range []bool{false, true} {
		origin := NewOrigin(OriginConfig{Speed: 4})
		src := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sn, ok := parseSegmentName(r.URL.Path[1:]); ok && lies && r.Header.Get("User-Agent") == "Go-http-client/1.1" {
				body := origin.Segment(RenditionMain, sn)
				body[len(body)-1] ^= 1 // for the witness alone
				_, _ = w.Write(body)
				return
			}
			origin.ServeHTTP(w, r)
		}))
		other, err := NewSwarm(SwarmConfig{Peers: 1, Source: src.URL + "/live.m3u8"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- other.Run(ctx) }()
		s, err := NewSwarm(SwarmConfig{Peers: 2, Source: src.URL + "/live.m3u8", Check: true, Tracker: other.TrackerURL()})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Measure(ctx, 4*time.Second)
		if err != nil || r.OriginRequests != nil || r.OriginBytes != nil || r.Wrong == nil || (*r.Wrong > 0) != lies {
			t.Errorf("lies %v: %v, %+v", lies, err, r)
		}
		if blind := other.Report(); blind.Wrong != nil {
			t.Errorf("%d wrong segments, and nobody compared", *blind.Wrong)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		src.Close()
	}
}

// TestDownlink: what comes in is held to the line's rate, and a cut line says
// nothing any more.
func TestDownlink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		line := newCable(Line{Down: 1_000_000})
		conn, err := line.dialer(func(context.Context, string, string) (net.Conn, error) { return near, nil })(t.Context(), "tcp", "x")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = far.Write(make([]byte, 125_000))
			far.Close()
		}()
		began := time.Now()
		n, err := io.Copy(io.Discard, conn)
		if took := time.Since(began); err != nil || n != 125_000 || took < 950*time.Millisecond || took > time.Second {
			t.Errorf("%d bytes at 1 Mbit/s in %v, %v", n, took, err)
		}
		line.dead.Store(true)
		if n, err := conn.Write([]byte("lost")); n != 4 || err != nil {
			t.Errorf("writing to a cut line: %d, %v", n, err)
		}
		conn.Close()
	})
}

// TestHistoryIsBounded: a long run has as many samples as a short one.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	var h history
	for i := range 100_000 {
		h.add(Sample{At: float64(i)})
	}
	all := h.samples()
	if len(all) < maxSamples/2 || len(all) >= maxSamples {
		t.Fatalf("%d samples", len(all))
	}
	step := all[1].At - all[0].At
	for i := range all[1:] {
		if all[i+1].At-all[i].At != step {
			t.Fatalf("samples at %v and %v", all[i].At, all[i+1].At)
		}
	}
}
