package lab

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// retryEvery is how long a viewer waits after a request that failed.
const retryEvery = time.Second

// vodTries is how often a viewer asks for a segment of a playlist that has
// ended; there is no window that the segment could leave.
const vodTries = 7

// ViewerConfig is what a [Viewer] is made of; only URL is needed.
type ViewerConfig struct {
	// URL is a media playlist, or a master playlist: then its first rendition
	// is watched.
	URL string
	// FromStart begins with the first segment of a live playlist, in place of one
	// near its end.
	FromStart bool
	// From is the segment of a playlist that has ended to begin with, if it is
	// listed.
	From int64
	// Client makes the requests; nil: http.DefaultClient.
	Client *http.Client
	// Check judges each segment's content. It must not keep body.
	Check func(sn int64, body []byte) error
	// OnSegment is called, one call at a time, for each segment that was
	// fetched or given up.
	OnSegment func(ViewedSegment)
	// Logger hears of failures; nil: nobody does.
	Logger *slog.Logger
}

// ViewedSegment is what became of one segment that a [Viewer] asked for.
type ViewedSegment struct {
	SN        int64
	Duration  time.Duration // as the playlist says
	Bytes     int
	Tries     int
	FirstByte time.Duration // from the last request; zero when lost
	Took      time.Duration // from the first request to the last byte, pauses between tries included
	Late      bool          // arrived when the buffer had run empty
	Lost      bool          // given up
	Err       error         // what Check said, or why it is lost
}

// Viewer is a headless player. It polls the playlist, starts at the third
// segment from the end, fetches the segments in order and plays them on a
// virtual clock, in the manner of hls.js: a failed segment is asked for again
// each second until it leaves the window and is then skipped.
//
// It reads playlists by itself, so that it can judge a proxy without trusting
// the proxy's own reader. Encryption is not supported.
type Viewer struct {
	config ViewerConfig
	fetch  fetcher

	mu       sync.Mutex
	playback playback
	listed   chan struct{} // has one element after each playlist
}

// NewViewer returns a viewer that does nothing until Run.
func NewViewer(c ViewerConfig) *Viewer {
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Viewer{
		config: c, fetch: fetcher{c.Client}, playback: newPlayback(c.FromStart, c.From),
		listed: make(chan struct{}, 1),
	}
}

// Run watches until ctx ends, which is an error, or until a playlist that has
// ended was played to its end, which is not. Call it once.
func (v *Viewer) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var poller sync.WaitGroup
	defer v.update((*playback).stop)
	defer poller.Wait()
	defer stop()
	v.update(func(p *playback, now time.Time) { p.begin(now) })
	poller.Go(func() { v.poll(ctx) })
	return v.play(ctx)
}

// Report is the state of playback now. Safe for concurrent use, also while Run
// runs.
func (v *Viewer) Report() ViewerReport {
	var report ViewerReport
	v.update(func(p *playback, now time.Time) { report = p.reportAt(now) })
	return report
}

// update changes or reads the playback under the lock.
func (v *Viewer) update(change func(p *playback, now time.Time)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change(&v.playback, time.Now())
}

// poll reads the playlist every target duration, or twice as often while it
// does not change, until it has ended.
func (v *Viewer) poll(ctx context.Context) {
	source, followed := v.config.URL, false
	for ended := false; !ended; {
		began := time.Now()
		list, err := v.fetch.playlist(ctx, source)
		pause := retryEvery
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			v.config.Logger.Warn("playlist failed", "err", err)
		case list.variant != "":
			if !followed { // a master that names a master is no reason to hurry
				pause = 0
			}
			source, followed = list.variant, true
		default:
			changed := false
			v.update(func(p *playback, now time.Time) { changed = p.list(now, list) })
			if pause = list.target; !changed {
				pause /= 2
			}
			ended = list.ended
			v.signal()
		}
		if !sleep(ctx, time.Until(began.Add(pause))) {
			return
		}
	}
}

func (v *Viewer) signal() {
	select {
	case v.listed <- struct{}{}:
	default:
	}
}

// play fetches one segment after another.
func (v *Viewer) play(ctx context.Context) error {
	for {
		var next step
		v.update(func(p *playback, now time.Time) { next = p.next(now) })
		switch {
		case next.done:
			return nil
		case next.wait == 0:
			v.watch(ctx, next.entry)
		default:
			timer := time.NewTimer(next.wait)
			select {
			case <-ctx.Done():
			case <-v.listed:
			case <-timer.C:
			}
			timer.Stop()
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
}

// watch fetches one segment, however often it takes, or skips it.
func (v *Viewer) watch(ctx context.Context, e listEntry) {
	seen := ViewedSegment{SN: e.sn, Duration: e.duration}
	began := time.Now()
	for {
		seen.Tries++
		r, err := v.fetch.segment(ctx, e)
		if err == nil {
			seen.FirstByte, seen.Took = r.firstByte, time.Since(began)
			v.accept(seen, r.body)
			return
		}
		if ctx.Err() != nil {
			return
		}
		v.update(func(p *playback, _ time.Time) { p.report.Retries++ })
		v.config.Logger.Warn("segment failed", "sn", e.sn, "try", seen.Tries, "err", err)
		if !sleep(ctx, retryEvery) {
			return
		}
		v.update(func(p *playback, _ time.Time) { seen.Lost = p.giveUp(e, seen.Tries) })
		if seen.Lost {
			seen.Took, seen.Err = time.Since(began), err
			v.tell(seen)
			return
		}
	}
}

// accept plays a segment and has it checked.
func (v *Viewer) accept(seen ViewedSegment, body []byte) {
	seen.Bytes = len(body)
	v.update(func(p *playback, now time.Time) { seen.Late = p.arrived(now, seen) })
	if v.config.Check != nil {
		if seen.Err = v.config.Check(seen.SN, body); seen.Err != nil {
			v.config.Logger.Warn("segment is not what it should be", "sn", seen.SN, "err", seen.Err)
			v.update(func(p *playback, _ time.Time) { p.report.Bad++ })
		}
	}
	v.tell(seen)
}

func (v *Viewer) tell(seen ViewedSegment) {
	if v.config.OnSegment != nil {
		v.config.OnSegment(seen)
	}
}

// sleep waits for d and says whether ctx still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
