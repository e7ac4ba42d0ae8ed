//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPlayers are those that Chromium can be: two in JavaScript, and its own.
//
// Its own, as of version 156, starts a live channel three segments before the
// end. Where these last less than its 10 s of buffer it reads the playlist again
// at once, and ends with an error (4, DEMUXER_ERROR_COULD_NOT_PARSE) if that has
// nothing new; so with segments of 2 s and 4 s, whoever serves them, but for
// rare luck. Live channels of 6 s segments it plays.
func browserPlayers() []player {
	var players []player
	for _, name := range []string{"hls.js", "shaka", "video"} {
		players = append(players, player{name: name, play: func(ctx context.Context, t *testing.T, url string, playFor time.Duration) playback {
			return playInBrowser(ctx, t, name, url, playFor)
		}})
	}
	return players
}

// pageReport is what the page tells; see report in page.js.
type pageReport struct {
	FirstFrame float64  `json:"firstFrame"` // ms
	Lasted     float64  `json:"lasted"`     // ms since the load call
	Frames     int      `json:"frames"`
	Media      float64  `json:"media"` // s
	Over       bool     `json:"over"`
	Faults     []string `json:"faults"`
}

// playInBrowser opens the page with a player in a Chromium of its own, so that
// cells do not share connections, a cache or a crash.
func playInBrowser(ctx context.Context, t *testing.T, name, address string, playFor time.Duration) playback {
	t.Helper()
	page := httptest.NewServer(http.FileServer(http.Dir("testdata/browser")))
	defer page.Close()
	var seen complaints
	// Not of ctx: what was played until that ended is asked for after it.
	tab, closeTab := openBrowser(t, &seen)
	defer closeTab()
	query := url.Values{"player": {name}, "url": {address}}
	if err := chromedp.Do(tab, chromedp.Navigate(page.URL+"/?"+query.Encode())); err != nil {
		t.Errorf("%s: opening the page: %v", name, err)
		return playback{faults: []string{err.Error()}}
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			over = true
		}
		r, err := askPage(tab)
		if err != nil {
			return playback{faults: append(seen.all(), err.Error())}
		}
		if over || r.Over || r.Media >= playFor.Seconds() {
			return playback{
				firstFrame: time.Duration(r.FirstFrame * float64(time.Millisecond)),
				lasted:     time.Duration(r.Lasted * float64(time.Millisecond)),
				frames:     r.Frames,
				media:      time.Duration(r.Media * float64(time.Second)),
				faults:     append(r.Faults, seen.all()...),
			}
		}
	}
}

// askPage gets the report of a page, which may be busy or gone.
func askPage(tab context.Context) (pageReport, error) {
	ctx, cancel := context.WithTimeout(tab, 20*time.Second)
	defer cancel()
	r, err := chromedp.Run(ctx, chromedp.Evaluate[pageReport]("report()"))
	if err != nil {
		return r, fmt.Errorf("the page does not answer: %w", err)
	}
	return r, nil
}

// openBrowser starts a Chromium with one tab. Nobody looks at it, so it is told
// to treat the page as if somebody did.
func openBrowser(t *testing.T, seen *complaints, more ...chromedp.ExecAllocatorOption) (tab context.Context, closeTab func()) {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-background-media-suspend", true),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	tab, cancel := chromedp.NewContext(allocator, chromedp.WithListener(seen.hear))
	return tab, func() {
		cancel()
		end()
	}
}

// complaints are what the browser says against a page: requests that failed,
// errors on the console, exceptions that nobody caught.
type complaints struct {
	mu    sync.Mutex
	lines []string
}

func (c *complaints) hear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			c.add("browser: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			text := "console:"
			for _, arg := range e.Args {
				text += " " + arg.Description + string(arg.Value)
			}
			c.add("%s", text)
		}
	case *runtime.EventExceptionThrown:
		c.add("not caught: %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber+1)
		if e.ExceptionDetails.Exception != nil {
			c.add("not caught: %s", e.ExceptionDetails.Exception.Description)
		}
	}
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lines...)
}
