package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A line is a network of one server, over which a client's bytes arrive at so
// many bit/s.
type line struct {
	rate  int64
	conns chan net.Conn
	dials int
	once  sync.Once
}

func (l *line) dial(context.Context, string, string) (net.Conn, error) {
	l.dials++
	ours, theirs := net.Pipe()
	l.conns <- &lineConn{Conn: theirs, line: l}
	return ours, nil
}

func (l *line) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l *line) Close() error {
	l.once.Do(func() { close(l.conns) })
	return nil
}

func (l *line) Addr() net.Addr { return &net.UnixAddr{Name: "line", Net: "pipe"} }

type lineConn struct {
	net.Conn
	line *line
}

func (c *lineConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), 1500)])
	time.Sleep(time.Duration(n) * 8 * time.Second / time.Duration(c.line.rate))
	return n, err
}

func swallow(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusNoContent)
}

func TestSpeedResults(t *testing.T) {
	t.Parallel()
	answer := func(status int, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<!DOCTYPE html>")
		}
	}
	for name, tt := range map[string]struct {
		upload, line int64
		handler      http.HandlerFunc
		want         string
	}{
		"slower line":    {4_194_304, 2_000_000, swallow, speedSlower},
		"much slower":    {100_000_000, 1_000_000, swallow, speedSlower},
		"as promised":    {4_194_304, 4_194_304, swallow, speedEnough},
		"faster line":    {4_194_304, 1_000_000_000, swallow, speedEnough},
		"little offered": {100_000, 1_000_000, swallow, speedEnough},
		"less than that": {600_000, 400_000, swallow, speedSlower},
		"too slow":       {4_194_304, 500_000, swallow, speedFailed},
		"json":           {4_194_304, 2_000_000, answer(200, "application/json"), speedSlower},
		"fault":          {4_194_304, 2_000_000, answer(500, "text/plain"), speedFailed},
		"page":           {4_194_304, 2_000_000, answer(200, "text/html; charset=utf-8"), speedFailed},
		"redirect":       {4_194_304, 2_000_000, answer(307, "text/plain"), speedFailed},
		"no test there":  {4_194_304, 2_000_000, http.NotFound, speedFailed},
		"hasty":          {4_194_304, 2_000_000, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, speedFailed},
		"hangs":          {4_194_304, 100_000_000, func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }, speedFailed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, l, end := speedStage(t, tt.upload, tt.line, tt.handler)
				began := time.Now()
				got := k.testSpeed(t.Context(), "http://tracker/speed_test")
				if got.result != tt.want || time.Since(began) > speedTestTime || l.dials != 1 {
					t.Errorf("%+v after %v over %d connections, want %s", got, time.Since(began), l.dials, tt.want)
				}
				if off := float64(got.rate)/float64(tt.line) - 1; got.result == speedSlower && (off < -0.05 || off > 0.05) {
					t.Errorf("measured %d bit/s on a line of %d", got.rate, tt.line)
				}
				if sent := time.Since(began).Seconds() * float64(tt.upload) / 8; got.result == speedEnough && sent < 0.9*float64(min(speedTestBytes, tt.upload*5/8)-uplinkBurst) {
					t.Errorf("sent faster than offered: in %v", time.Since(began))
				}
				end()
			})
		})
	}
}

// speedStage is a kit on a line to a server.
func speedStage(t *testing.T, upload, carries int64, h http.HandlerFunc) (*kit, *line, func()) {
	t.Helper()
	l := &line{rate: carries, conns: make(chan net.Conn, 4)}
	a := testAgent(t, sources{"/a.m3u8": "down"}, "/a.m3u8")
	k := a.kit
	k.offer(upload)
	k.cfg.Signal.NetDial = l.dial
	srv := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	return k, l, func() {
		_ = srv.Close()
		<-served
		time.Sleep(time.Minute) // for handlers that still run
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	}
}

// TestSpeedTestBesideChildren: what goes to children counts, and comes first.
func TestSpeedTestBesideChildren(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line, child int64 // bit/s
		want        string
		rate        float64
	}{
		"a line for both":      {4_000_000, 2_000_000, speedEnough, 4_194_304},
		"a line for less":      {1_500_000, 1_000_000, speedSlower, 2_500_000},
		"a child takes all":    {4_000_000, 100_000_000, speedBusy, 0},
		"and on a slow line":   {500_000, 2_000_000, speedBusy, 0},
		"a child takes little": {4_194_304, 100_000, speedEnough, 4_194_304},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, _, end := speedStage(t, 4_194_304, tt.line, swallow)
				ctx, cancel := context.WithCancel(t.Context())
				var child sync.WaitGroup
				child.Go(func() {
					const packet = 16 << 10
					for k.pace(ctx, packet) == nil {
						time.Sleep(packet * 8 * time.Second / time.Duration(tt.child))
					}
				})
				got := k.testSpeed(t.Context(), "http://tracker/speed_test")
				if off := float64(got.rate)/max(1, tt.rate) - 1; got.result != tt.want || off < -0.1 && tt.rate > 0 || off > 0.1 {
					t.Errorf("%+v, want %s at %.0f bit/s", got, tt.want, tt.rate)
				}
				cancel()
				child.Wait()
				end()
			})
		})
	}
}

// TestSpeedTestServerTimesOut: where children need the line, a server whose
// patience ends before ours says nothing of it.
func TestSpeedTestServerTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _, end := speedStage(t, 4_194_304, 4_000_000, func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(speedTestTime * 9 / 10))
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusRequestTimeout)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var child sync.WaitGroup
		child.Go(func() {
			for k.pace(ctx, 16<<10) == nil {
				time.Sleep(time.Millisecond)
			}
		})
		if got := k.testSpeed(t.Context(), "http://tracker/speed_test"); got.result != speedBusy {
			t.Errorf("%+v, want %s", got, speedBusy)
		}
		cancel()
		child.Wait()
		end()
	})
}

// TestSpeedTestOutOfTime: a limit that leaves no time for the next bytes says so
// before the time is up, and that is no failure of the line.
func TestSpeedTestOutOfTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _, end := speedStage(t, 4_194_304, 4_194_304, swallow)
		defer end()
		limited, cancel := context.WithTimeout(t.Context(), speedTestTime)
		defer cancel()
		if err := k.uplink.WaitN(limited, uplinkBurst); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			limit time.Duration
			stop  bool
			want  bool
		}{
			"time enough": {speedTestTime, false, false},
			"no time":     {time.Millisecond, false, true},
			"stopped":     {speedTestTime, true, false},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
			if tt.stop {
				cancel()
			}
			b := &speedBody{ctx: ctx, kit: k}
			b.left.Store(speedTestBytes)
			n, err := b.Read(make([]byte, speedTestChunk))
			if b.late.Load() != tt.want || (err == nil) != (n > 0) || (err == nil) != (!tt.want && !tt.stop) {
				t.Errorf("%s: %d bytes, %v, late %v", name, n, err, b.late.Load())
			}
			cancel()
		}
	})
}

func TestPlanSpeedTest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		address, scheduler string
		adjust             func(*kit)
		want               bool
	}{
		"at the scheduler's":   {"http://Tracker:7070/speed_test", "ws://tracker:7070/ws", nil, true},
		"by default port":      {"http://tracker/speed_test", "ws://tracker:80/ws?a=b", nil, true},
		"over TLS":             {"https://tracker:443/speed_test", "wss://tracker/ws", nil, true},
		"v6":                   {"http://[::1]:1/s", "ws://[::1]:1/ws", nil, true},
		"other host":           {"http://elsewhere:7070/speed_test", "ws://tracker:7070/ws", nil, false},
		"other port":           {"http://tracker:22/speed_test", "ws://tracker:7070/ws", nil, false},
		"other kind":           {"ftp://tracker:7070/x", "ws://tracker:7070/ws", nil, false},
		"no URL":               {"://", "ws://tracker:7070/ws", nil, false},
		"none":                 {"", "ws://tracker:7070/ws", nil, false},
		"nothing offered":      {"http://tracker:7070/speed_test", "ws://tracker:7070/ws", func(k *kit) { k.offer(0) }, false},
		"nobody can be served": {"http://tracker:7070/speed_test", "ws://tracker:7070/ws", func(k *kit) { k.cfg.MaxChildren = 0 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := testAgent(t, sources{"/a.m3u8": "down"}, "/a.m3u8")
				if tt.adjust != nil {
					tt.adjust(a.kit)
				}
				c := a.channels[0]
				tr := newTrack(a.kit, c.name, c.id, c.list, c.log)
				tr.planSpeedTest(tt.address, tt.scheduler)
				if planned := tr.session.nextTest(); planned != tt.want {
					t.Errorf("planned: %v", planned)
				}
				again := newTrack(a.kit, c.name, c.id, c.list, c.log)
				again.planSpeedTest(tt.address, tt.scheduler)
				if again.session.nextTest() {
					t.Error("planned twice")
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := a.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		})
	}
}

// nextTest reports whether a test is planned, at a time that protocol 4.4
// allows.
func (s *session) nextTest() bool { return s.testAt >= time.Second && s.testAt <= 5*time.Second }

func TestClaim(t *testing.T) {
	t.Parallel()
	c := newClaim(10)
	for _, step := range []struct{ measured, want int64 }{{20, 10}, {5, 5}, {8, 5}} {
		if c.lower(step.measured); c.bits() != step.want {
			t.Errorf("after %d: %d, want %d", step.measured, c.bits(), step.want)
		}
	}
	if !c.first("a") || c.first("a") || !c.first("b") {
		t.Error("a host is measured not once")
	}
}
