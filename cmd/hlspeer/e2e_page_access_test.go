//go:build e2e

package main_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestE2EPageToken: from elsewhere the page wants a token, and says so.
func TestE2EPageToken(t *testing.T) {
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--page-token", "a long token").address("tracker")
	elsewhere := strings.Replace(at, "127.0.0.1", "tracker.example", 1)
	there := chromedp.Flag("host-resolver-rules", "MAP tracker.example 127.0.0.1")
	p := openPage(t, elsewhere+"/?channel=some", 900, 700, there)
	p.expect("main", "page token", 5*time.Second)
	p.shoot("sign-in")
	p.click("#token")
	before := eval[float64](p, "performance.timeOrigin")
	p.press("wrong" + kb.Enter)
	await(t, "the page asks anew", 5*time.Second, func() bool { return eval[float64](p, "performance.timeOrigin") != before })
	p.expect("main", "page token", 5*time.Second)
	p.click("#token")
	p.press("a long token" + kb.Enter)
	p.expect("#nobody", "Nobody watches this channel", 10*time.Second)
	if href := eval[string](p, "location.href"); href != elsewhere+"/?channel=some" {
		t.Errorf("signed in at %s", href)
	}
	p.forgive() // the answers 401
	if cookie := eval[string](p, "document.cookie"); cookie != "" {
		t.Errorf("the page can read its cookie %q", cookie)
	}

	p = openPage(t, elsewhere+"/?channel=some&token=a+long+token#peer=x", 900, 700, there)
	p.expect("#nobody", "Nobody watches this channel", 10*time.Second)
	if href := eval[string](p, "location.href"); !strings.HasPrefix(href, elsewhere+"/?channel=some") || strings.Contains(href, "token") {
		t.Errorf("after the token in the address: %s", href)
	}
}

// TestE2EPageFull: one viewer too many is told so.
func TestE2EPageFull(t *testing.T) {
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	for range 100 {
		watchTopology(t, at, "some")
	}
	p := openPage(t, pageURL(at, "some"), 900, 700)
	p.expect("#notice", "Too many people watch this channel.", 10*time.Second)
	p.forgive()
}

// TestE2EPageModules runs the tests of those modules of the page that need none:
// scripts that return what is wrong.
func TestE2EPageModules(t *testing.T) {
	at := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	p := openPage(t, at+"/?"+url.Values{"channel": {"none"}}.Encode(), 800, 600)
	files, err := filepath.Glob("testdata/page/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
		faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("(async () => {"+string(script)+"})()", chromedp.EvalAwaitPromise))
		cancel()
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, fault := range faults {
			t.Errorf("%s: %s", file, fault)
		}
	}
}
