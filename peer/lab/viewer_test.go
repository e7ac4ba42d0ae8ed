package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// session is a viewer that watched an origin in a bubble.
type session struct {
	origin *Origin
	report ViewerReport
	seen   []ViewedSegment
	err    error         // of Run
	took   time.Duration // until Run returned
}

// watch has a viewer watch path for d at most and checks every segment.
func watch(t *testing.T, path, rendition string, d time.Duration, c OriginConfig) session {
	t.Helper()
	s := session{origin: NewOrigin(c)}
	v := NewViewer(ViewerConfig{
		URL:    "http://origin" + path,
		Client: inMemory(t, s.origin),
		Check: func(sn int64, body []byte) error {
			if !bytes.Equal(body, s.origin.Segment(rendition, sn)) {
				return errors.New("not the true content")
			}
			return nil
		},
		OnSegment: func(seen ViewedSegment) { s.seen = append(s.seen, seen) },
	})
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	start := time.Now()
	s.err = v.Run(ctx)
	s.took = time.Since(start)
	s.report = v.Report()
	return s
}

// find is what became of sn.
func (s session) find(t *testing.T, sn int64) ViewedSegment {
	t.Helper()
	for _, seen := range s.seen {
		if seen.SN == sn {
			return seen
		}
	}
	t.Fatalf("segment %d was never asked for", sn)
	return ViewedSegment{}
}

// inOrder fails where segments came twice or not in ascending order.
func (s session) inOrder(t *testing.T) {
	t.Helper()
	for i := 1; i < len(s.seen); i++ {
		if s.seen[i].SN <= s.seen[i-1].SN {
			t.Errorf("segment %d came after %d", s.seen[i].SN, s.seen[i-1].SN)
		}
	}
}

// onSegment makes a fault of the requests for one segment: try counts from 1.
// The extra milliseconds keep retries and polls from falling on one instant.
func onSegment(sn int64, fault func(try int) Fault) func(*http.Request) Fault {
	var mu sync.Mutex
	try := 0
	return func(r *http.Request) Fault {
		if !strings.HasSuffix(r.URL.Path, segmentPath(RenditionMain, sn)) {
			return Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		try++
		f := fault(try)
		f.Delay += 7 * time.Millisecond
		return f
	}
}

// between fails where got is not in [low, high].
func between(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want %v to %v", what, got, low, high)
	}
}

// clean fails where anything at all went wrong.
func (s session) clean(t *testing.T) {
	t.Helper()
	s.inOrder(t)
	r := s.report
	if r.Stalls != 0 || r.StallTime != 0 || r.Late != 0 || r.Lost != 0 || r.Bad != 0 {
		t.Errorf("not a clean session: %+v", r)
	}
}

func TestViewerPlaysLive(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, rendition string
		config          OriginConfig
		segments        int // in a minute: 3 (or as many as the window has) at once, then all new ones
		behind          time.Duration
	}{
		"live":           {"/live.m3u8", RenditionMain, OriginConfig{}, 33, 6 * time.Second},
		"master":         {"/master.m3u8", RenditionLow, OriginConfig{}, 33, 6 * time.Second},
		"rendition":      {"/high/live.m3u8", RenditionHigh, OriginConfig{BitRate: 1_000_000}, 33, 6 * time.Second},
		"slow segments":  {"/live.m3u8", RenditionMain, OriginConfig{Speed: 0.5}, 18, 12 * time.Second},
		"short segments": {"/live.m3u8", RenditionMain, OriginConfig{Speed: 5}, 155, 2 * time.Second},
		"slow origin": {"/live.m3u8", RenditionMain, OriginConfig{Faults: func(*http.Request) Fault {
			return Fault{Delay: 500 * time.Millisecond}
		}}, 32, 6500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, tt.path, tt.rendition, time.Minute, tt.config)
				if !errors.Is(s.err, context.DeadlineExceeded) {
					t.Errorf("Run returned %v", s.err)
				}
				s.clean(t)
				if d := s.report.Segments - tt.segments; d < -2*int(time.Second/s.origin.Duration())-1 || d > 1 {
					t.Errorf("%d segments, want about %d", s.report.Segments, tt.segments)
				}
				between(t, "behind the edge", s.report.BehindEdge, tt.behind-s.origin.Duration(), tt.behind+2*s.origin.Duration())
				if s.report.Bytes != s.origin.Bytes() {
					t.Errorf("%d bytes seen, the origin sent %d", s.report.Bytes, s.origin.Bytes())
				}
				if last := s.seen[len(s.seen)-1]; last.SN != s.report.LastSN || last.Tries != 1 || last.Bytes == 0 {
					t.Errorf("last segment %+v, the report says %d", last, s.report.LastSN)
				}
			})
		})
	}
}

func TestViewerStartsThirdFromEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, "/live.m3u8", RenditionMain, time.Second, OriginConfig{Faults: func(*http.Request) Fault {
			return Fault{Delay: 100 * time.Millisecond}
		}})
		if len(s.seen) != 3 || s.seen[0].SN != 3 || s.report.LastSN != 5 {
			t.Errorf("segments %+v, want 3, 4 and 5", s.seen)
		}
		if s.report.Startup != 200*time.Millisecond {
			t.Errorf("startup %v, want that of a playlist and a segment", s.report.Startup)
		}
		if got, want := s.report.Buffer, 6*time.Second-800*time.Millisecond; got != want {
			t.Errorf("buffer %v, want %v", got, want)
		}
		if first := s.seen[0]; first.FirstByte != 100*time.Millisecond || first.Took != 100*time.Millisecond {
			t.Errorf("first segment %+v, want 100ms", first)
		}
	})
}

func TestViewerPlaysVODToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, "/vod.m3u8", RenditionVOD, time.Hour, OriginConfig{VODLoops: 10})
		if s.err != nil {
			t.Errorf("Run returned %v", s.err)
		}
		s.clean(t)
		if s.report.Segments != 60 || s.report.LastSN != 59 || s.seen[0].SN != 0 {
			t.Errorf("%d segments from %d to %d, want 60", s.report.Segments, s.seen[0].SN, s.report.LastSN)
		}
		if s.took != 2*time.Minute {
			t.Errorf("ended after %v, want the playing time", s.took)
		}
		if r := s.report; r.BehindEdge != 0 || r.Buffer != 0 {
			t.Errorf("at the end %v behind the edge and %v buffered", r.BehindEdge, r.Buffer)
		}
		if got := s.origin.Requests().Playlists; got != 1 {
			t.Errorf("%d playlist requests for a playlist that has ended", got)
		}
	})
}

func TestViewerKeepsBufferGoal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, "/vod.m3u8", RenditionVOD, 10*time.Second, OriginConfig{VODLoops: 10})
		between(t, "buffer", s.report.Buffer, bufferGoal-clipDuration, bufferGoal+clipDuration)
	})
}

// TestViewerFaults spoils segment 8, which appears 6 s after the start and is
// wanted 10 s after it, or what else the case says.
func TestViewerFaults(t *testing.T) {
	t.Parallel()
	always := func(f Fault) func(int) Fault { return func(int) Fault { return f } }
	times := func(n int, f Fault) func(int) Fault {
		return func(try int) Fault {
			if try > n {
				return Fault{}
			}
			return f
		}
	}
	for name, tt := range map[string]struct {
		fault              func(try int) Fault
		stalls, late, lost int
		stallLow           time.Duration
		stallHigh          time.Duration
		tries              int
	}{
		"503 three times":    {fault: times(3, Fault{Status: 503}), tries: 4},
		"late but in time":   {fault: times(1, Fault{Delay: 3 * time.Second}), tries: 1},
		"late":               {fault: times(1, Fault{Delay: 7 * time.Second}), stalls: 1, late: 1, stallLow: time.Second, stallHigh: 4 * time.Second, tries: 1},
		"503 too often":      {fault: times(7, Fault{Status: 503}), stalls: 1, late: 1, stallLow: time.Second, stallHigh: 4 * time.Second, tries: 8},
		"404 for good":       {fault: always(Fault{Status: 404}), stalls: 1, late: 1, lost: 1, stallLow: 7 * time.Second, stallHigh: 11 * time.Second, tries: 12},
		"cut":                {fault: times(1, Fault{Cut: 1000}), tries: 2},
		"silent":             {fault: times(1, Fault{Hang: true}), stalls: 1, late: 1, stallLow: 5 * time.Second, stallHigh: 9 * time.Second, tries: 2},
		"silent in the body": {fault: times(1, Fault{Hang: true, Cut: 1000}), stalls: 1, late: 1, lost: 55, stallLow: 115 * time.Second, stallHigh: 119 * time.Second, tries: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, "/live.m3u8", RenditionMain, 3*time.Minute, OriginConfig{Faults: onSegment(8, tt.fault)})
				s.inOrder(t)
				r := s.report
				if r.Stalls != tt.stalls || r.Late != tt.late || r.Lost != tt.lost || r.Bad != 0 {
					t.Errorf("%d stalls, %d late, %d lost, %d bad; want %d, %d, %d, 0", r.Stalls, r.Late, r.Lost, r.Bad, tt.stalls, tt.late, tt.lost)
				}
				between(t, "stalled", r.StallTime, tt.stallLow, tt.stallHigh)
				seen := s.find(t, 8)
				if seen.Tries != tt.tries {
					t.Errorf("%d tries, want %d", seen.Tries, tt.tries)
				}
				if seen.Lost != (seen.Err != nil) || seen.Lost != (seen.Bytes == 0) {
					t.Errorf("contradictory: %+v", seen)
				}
			})
		})
	}
}

// TestViewerSkipsWhatLeftTheWindow cuts the playlist off for longer than the
// window lasts.
func TestViewerSkipsWhatLeftTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := watch(t, "/live.m3u8", RenditionMain, time.Minute, OriginConfig{Faults: func(r *http.Request) Fault {
			if since := time.Since(start); strings.HasSuffix(r.URL.Path, ".m3u8") && since > 9*time.Second && since < 39*time.Second {
				return Fault{Status: 502}
			}
			return Fault{}
		}})
		s.inOrder(t)
		lost := 0
		for i := 1; i < len(s.seen); i++ {
			lost += int(s.seen[i].SN - s.seen[i-1].SN - 1)
		}
		if r := s.report; r.Lost != lost || lost < 9 || lost > 11 || r.Stalls != 1 || r.Late != 1 {
			t.Errorf("%d lost in the report and %d by sn, %d stalls, %d late; want about 10, 1 and 1", r.Lost, lost, r.Stalls, r.Late)
		}
		between(t, "stalled", s.report.StallTime, 22*time.Second, 27*time.Second)
	})
}

// TestViewerGivesUpInVOD: there is no window to leave, so tries are limited.
func TestViewerGivesUpInVOD(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, "/vod.m3u8", RenditionVOD, time.Hour, OriginConfig{VODLoops: 2, Faults: func(r *http.Request) Fault {
			if r.URL.Path == "/vod/seg-11.ts" {
				return Fault{Status: 404}
			}
			return Fault{}
		}})
		if last := s.seen[len(s.seen)-1]; !last.Lost || last.SN != 11 || last.Tries != vodTries {
			t.Errorf("last segment %+v", last)
		}
		if r := s.report; s.err != nil || r.Lost != 1 || r.LastSN != 10 || r.Stalls != 0 {
			t.Errorf("Run returned %v, report %+v", s.err, r)
		}
	})
}

func TestViewerReportsBadContent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// /high/ is played, but judged as if it were the main rendition.
		s := watch(t, "/high/live.m3u8", RenditionMain, 20*time.Second, OriginConfig{})
		if r := s.report; r.Bad == 0 || r.Bad != r.Segments || r.Stalls != 0 {
			t.Errorf("%d bad of %d, %d stalls", r.Bad, r.Segments, r.Stalls)
		}
		if s.seen[0].Err == nil {
			t.Error("the segment's error is missing")
		}
	})
}

// TestViewerWithoutSource never gets to play, and says so.
func TestViewerWithoutSource(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]Fault{
		"no playlist":     {Status: 500},
		"silent playlist": {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, "/live.m3u8", RenditionMain, time.Minute, OriginConfig{Faults: func(*http.Request) Fault { return fault }})
				if want := (ViewerReport{LastSN: -1}); s.report != want {
					t.Errorf("report %+v, want nothing", s.report)
				}
				if got := s.origin.Requests().Playlists; got < 5 {
					t.Errorf("%d requests: it gave up", got)
				}
			})
		})
	}
}

// TestViewerEndsAtOnce cancels a viewer in the midst of a silent request; the
// bubble would notice a goroutine left over.
func TestViewerEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, "/live.m3u8", RenditionMain, 3*time.Second, OriginConfig{Faults: onSegment(3, func(int) Fault { return Fault{Hang: true} })})
		if s.took != 3*time.Second || !errors.Is(s.err, context.DeadlineExceeded) || len(s.seen) != 0 {
			t.Errorf("Run returned %v after %v with %d segments", s.err, s.took, len(s.seen))
		}
	})
}

// TestReportWhileRunning asks for reports from outside; stall time is counted
// while the stall lasts.
func TestReportWhileRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		origin := NewOrigin(OriginConfig{Faults: onSegment(6, func(int) Fault { return Fault{Hang: true, Cut: 1} })})
		v := NewViewer(ViewerConfig{URL: "http://origin/live.m3u8", Client: inMemory(t, origin)})
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = v.Run(ctx) })
		var got []string
		for range 5 {
			sleep(ctx, 3*time.Second)
			synctest.Wait()
			r := v.Report()
			got = append(got, fmt.Sprintf("%v/%v", r.Buffer, r.StallTime))
		}
		cancel()
		run.Wait()
		if want := "3s/0s 0s/0s 0s/3s 0s/6s 0s/9s"; strings.Join(got, " ") != want {
			t.Errorf("buffer/stalled every 3 s: %v, want %s", got, want)
		}
	})
}

// TestViewerIsPatientWithMasters serves a master playlist that names itself.
func TestViewerIsPatientWithMasters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		client := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n%s\n", r.URL.Path)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_ = NewViewer(ViewerConfig{URL: "http://origin/master.m3u8", Client: client}).Run(ctx)
		if requests < 5 || requests > 12 {
			t.Errorf("%d requests in 10 s, want about one each second", requests)
		}
	})
}

// TestViewerPollsEachTargetDuration, and twice as often while nothing changes.
func TestViewerPollsEachTargetDuration(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config    OriginConfig
		low, high int64 // requests in 20 s
	}{
		"live":   {OriginConfig{}, 10, 11},
		"frozen": {OriginConfig{Start: began, Now: func() time.Time { return began.Add(time.Minute) }}, 18, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, "/live.m3u8", RenditionMain, 20*time.Second, tt.config)
				if got := s.origin.Requests().Playlists; got < tt.low || got > tt.high {
					t.Errorf("%d playlist requests, want %d to %d", got, tt.low, tt.high)
				}
			})
		})
	}
}
