//go:build e2e

package main_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	pagePicture    = "../../docs/topology.png"
	maxPagePicture = 300 << 10
)

// TestE2EPageDemo: the demo's tracker shows its mesh. HLSPEER_UPDATE=1 makes the
// picture in docs of it anew; Debian's fonts-inter and fonts-jetbrains-mono make
// that look as on a desktop.
func TestE2EPageDemo(t *testing.T) {
	demo := hlspeer(t, "demo", "demo", "--peers", "7")
	at, channel := "", ""
	line := regexp.MustCompile(`^(source|tracker) +(http\S+)`)
	for at == "" || channel == "" {
		if m := line.FindStringSubmatch(demo.line()); m != nil {
			if m[1] == "source" {
				channel = m[2]
			} else {
				at = m[2]
			}
		}
	}
	p := openPage(t, at, 1280, 800)
	p.expect("#channels", "live.m3u8", 10*time.Second)
	p.click("#channels a")
	p.expect("#summary", "7 peers", 40*time.Second)
	p.expect(".figure.peers", "bit/s", 40*time.Second)
	p.rest()
	t.Logf("the page: %s; %s", p.text("#summary"), p.text("#totals"))
	p.shoot("demo-grown")
	time.Sleep(25 * time.Second)
	p.click("#tidy")
	p.point(1, 1)
	p.rest()
	p.shoot("demo")
	if os.Getenv("HLSPEER_UPDATE") != "" {
		p.save(pagePicture)
	}
	info, err := os.Stat(pagePicture)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxPagePicture {
		t.Errorf("%s has %d bytes, at most %d are allowed", pagePicture, info.Size(), maxPagePicture)
	}
	p.click("#theme")
	p.click("#theme")
	p.rest()
	p.shoot("demo-dark")
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	p.rest()
	p.shoot("demo-phone")
	at0 := eval[map[string]float64](p, "(() => { const b = document.getElementById('stage').getBoundingClientRect(); return {x: b.left, y: b.top}; })()")
	p.do(chromedp.TapXY(at0["x"]+195, at0["y"]+112))
	p.expect("#panel", "Root", 5*time.Second)
	p.shoot("demo-phone-tapped")
	p.click("#panel .close")
	p.click("#tab-list")
	p.shoot("demo-phone-list")
	p.click("#home")
	p.expect("#channels", "live.m3u8", 10*time.Second)
	p.shoot("overview-phone")
	p.do(chromedp.EmulateViewport(1280, 800))
	p.shoot("overview-dark")
}
