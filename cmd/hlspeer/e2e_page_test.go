//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hlspeer/signaling"
)

// A topologyPage is the tracker's page in a browser.
type topologyPage struct {
	t      *testing.T
	tab    context.Context
	seen   *complaints
	failed int // complaints that a test wants to happen
}

// openPage opens the page at an address, in a window of a size.
func openPage(t *testing.T, address string, width, height int64, options ...chromedp.ExecAllocatorOption) *topologyPage {
	t.Helper()
	p := &topologyPage{t: t, seen: &complaints{}}
	var closeTab func()
	p.tab, closeTab = openBrowser(t, p.seen, options...)
	t.Cleanup(func() {
		closeTab()
		p.fine()
	})
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	return p
}

// fine fails if the browser has complained of anything since it was last asked.
func (p *topologyPage) fine() {
	p.t.Helper()
	all := p.seen.all()
	for _, line := range all[p.failed:] {
		p.t.Errorf("the page: %s", line)
	}
	p.failed = len(all)
}

// forgive forgets what has failed on purpose: the browser says so, too.
func (p *topologyPage) forgive() { p.failed = len(p.seen.all()) }

// pageURL is the page of a channel.
func pageURL(tracker, channel string) string {
	return tracker + "/?" + url.Values{"channel": {channel}}.Encode()
}

func (p *topologyPage) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	if chromedp.FromContext(p.tab).Target == nil { // the first call is the browser's life
		ctx, cancel = p.tab, func() {}
	}
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("the page: %v", err)
	}
}

// eval is what an expression gives. A page that is just being left has no answer;
// the next one has.
func eval[T any](p *topologyPage, expression string) (v T) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	defer cancel()
	var err error
	for range 3 {
		if v, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression)); err == nil {
			return v
		}
	}
	p.t.Fatalf("%s: %v", expression, err)
	return v
}

// text is what an element says.
func (p *topologyPage) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// expect waits until an element says something.
func (p *topologyPage) expect(selector, text string, limit time.Duration) {
	p.t.Helper()
	await(p.t, fmt.Sprintf("%s of the page says %q", selector, text), limit, func() bool { return strings.Contains(p.text(selector), text) })
}

// A spot is where the page shows a peer.
type spot struct {
	X     float64 `json:"x"` // in the window
	Y     float64 `json:"y"`
	Level int     `json:"level"`
}

// where is nil for who is not there.
func (p *topologyPage) where(id signaling.PeerID) *spot {
	p.t.Helper()
	return eval[*spot](p, fmt.Sprintf(`(() => {
		const s = window.hlspeer.where(%q), box = document.getElementById('stage').getBoundingClientRect();
		return s && {x: s.x + box.left, y: s.y + box.top, level: s.level};
	})()`, id))
}

// rest waits until nothing moves.
func (p *topologyPage) rest() {
	p.t.Helper()
	await(p.t, "the mesh rests", 20*time.Second, func() bool { return eval[bool](p, "window.hlspeer.resting") })
}

// point moves the mouse there.
func (p *topologyPage) point(x, y float64) {
	p.t.Helper()
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y))
}

// look points at a peer, and waits until the page tells of it.
func (p *topologyPage) look(id signaling.PeerID) {
	p.t.Helper()
	p.rest()
	s := p.where(id)
	if s == nil {
		p.t.Fatalf("%s is not on the page", id)
	}
	p.point(s.X, s.Y)
	p.expect("#panel", string(id), 5*time.Second)
	p.rest()
}

// press types keys.
func (p *topologyPage) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

func (p *topologyPage) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// shoot keeps what is seen, if HLSPEER_SHOTS names a directory.
func (p *topologyPage) shoot(name string) {
	p.t.Helper()
	if dir := os.Getenv("HLSPEER_SHOTS"); dir != "" {
		p.save(filepath.Join(dir, name+".png"))
	}
}

func (p *topologyPage) save(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
