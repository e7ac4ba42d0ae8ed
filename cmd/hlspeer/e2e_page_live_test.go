//go:build e2e

package main_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hlspeer/signaling"
)

// rows are the ids in the list, from top to bottom.
func (p *topologyPage) rows() []string {
	p.t.Helper()
	return eval[[]string](p, "[...document.querySelectorAll('#list tbody tr')].map((r) => r.dataset.id)")
}

// TestE2EPage: the page of a tracker shows peers as they come, climb and go, and
// what is asked of it by mouse, keyboard and address.
func TestE2EPage(t *testing.T) {
	src := startChannel(t)
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0", "--report-span", "5s", "--show-addresses")
	at := tracker.address("tracker")
	p := openPage(t, pageURL(at, src.url), 1280, 800)
	p.expect("#nobody", "Nobody watches this channel", 10*time.Second)

	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	join := func(name, upload string) (*node, signaling.PeerID) {
		n := startPeer(t, name, src.url, "--tracker", at, "--upload", upload)
		watch(ctx, t, &wg, n.play, src.check)
		var id signaling.PeerID
		await(t, name+" is on the page", 20*time.Second, func() bool {
			s, _ := n.track()
			id = s.PeerID
			return id != "" && p.where(id) != nil
		})
		t.Logf("%s is %s", name, id)
		return n, id
	}
	_, medium := join("medium", "5Mbps")
	began := time.Now() // it has joined by now
	_, weak := join("weak", "3700kbps")
	await(t, "weak is below medium", 20*time.Second, func() bool { return p.where(weak).Level == 1 })
	last, lowest := join("lowest", "0")
	await(t, "the third one has a parent", 20*time.Second, func() bool { return p.where(lowest).Level > 0 })
	p.expect("#summary", "3 peers", 5*time.Second)
	p.rest()
	if a, b := p.where(medium), p.where(weak); a.Level != 0 || a.Y >= b.Y {
		t.Errorf("the root is at %+v, its child at %+v", a, b)
	}
	p.inspect(medium, weak)
	p.navigate(at, medium, weak)
	p.readList(medium)

	const settle = 60 * time.Second // before the tracker moves a peer
	await(t, "the first ones have settled", settle+10*time.Second, func() bool { return time.Since(began) > settle })
	_, late := join("late", "40Mbps")
	below := p.where(late)
	await(t, "the late-comer has risen", 75*time.Second, func() bool {
		l, m := p.where(late), p.where(medium)
		return l.Level == 0 && m.Level > 0 && l.Y < m.Y
	})
	p.rest()
	t.Logf("the late-comer came at %+v and has risen to %+v", *below, *p.where(late))
	p.shoot("risen")

	last.stop(syscall.SIGTERM)
	await(t, "who has left is not on the page", 20*time.Second, func() bool { return p.where(lowest) == nil })
	p.expect("#summary", "3 peers", 5*time.Second)
	p.expect(".figure.offload .value", "%", 20*time.Second)
	p.fine()
	p.outage(tracker, at)
}

// inspect looks at peers by mouse.
func (p *topologyPage) inspect(root, child signaling.PeerID) {
	p.t.Helper()
	p.look(root)
	p.expect("#panel .role", "Root", time.Second)
	p.expect("#panel .links", string(child), time.Second)
	p.expect("#panel .facts", "127.0.0.1", time.Second) // --show-addresses
	p.look(child)
	p.expect("#panel .role", "Level 1", time.Second)
	p.expect("#panel .way", string(root), time.Second)
	p.shoot("pointed")
	p.point(5, 5)
	p.expect("#panel", "Point at a peer", 5*time.Second)
	s := p.where(child)
	p.do(chromedp.MouseClickXY(s.X, s.Y))
	p.point(5, 5)
	p.expect("#panel", string(child), 5*time.Second) // kept
	if at := eval[string](p, "location.hash"); at != "#peer="+string(child) {
		p.t.Errorf("the address of a chosen peer ends with %q", at)
	}
	p.do(chromedp.Reload())
	p.expect("#panel", string(child), 10*time.Second)
	p.press(kb.Escape)
	p.expect("#panel", "Point at a peer", 5*time.Second)
}

// navigate uses keys, the search and the way back.
func (p *topologyPage) navigate(at string, root, child signaling.PeerID) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS("#stage")))
	p.press(kb.Home)
	p.expect("#panel", string(root), 5*time.Second)
	p.press(kb.ArrowDown)
	p.expect("#panel .role", "Level 1", 5*time.Second)
	p.press(kb.ArrowUp)
	p.expect("#panel .role", "Root", 5*time.Second)
	if said := eval[string](p, "document.getElementById('said').textContent"); !strings.Contains(said, string(root)) {
		p.t.Errorf("said of %s: %q", root, said)
	}
	p.press("/")
	if at := eval[string](p, "document.activeElement.id"); at != "search" {
		p.t.Errorf("the key of the search leads to %q", at)
	}
	eval[string](p, "document.getElementById('search').value = ''") // the remote control types the key, too
	p.press(strings.ToLower(string(child)[1:8]))
	p.expect("#found", "1 peer", 5*time.Second)
	p.press(kb.Enter)
	p.expect("#panel", string(child), 5*time.Second)
	p.press(kb.Escape) // ends the search
	p.press(kb.Escape) // lets the peer go
	p.expect("#panel", "Point at a peer", 5*time.Second)

	p.click("#home")
	p.expect("#channels tbody .number", "3", 10*time.Second)
	if !eval[bool](p, "document.getElementById('room').hidden") || eval[string](p, "location.href") != at+"/" {
		p.t.Errorf("not at the list of channels but at %s", eval[string](p, "location.href"))
	}
	p.do(chromedp.NavigateBack())
	p.expect("#summary", "3 peers", 10*time.Second)
}

// readList sorts the list.
func (p *topologyPage) readList(root signaling.PeerID) {
	p.t.Helper()
	p.press("v")
	await(p.t, "the list has three rows", 5*time.Second, func() bool { return len(p.rows()) == 3 })
	ids := p.rows()
	if ids[0] != string(root) {
		p.t.Errorf("the list begins with %s, not with the root", ids[0])
	}
	p.click(`#list th button[data-key="level"]`)
	if got := p.rows(); got[2] != string(root) {
		p.t.Errorf("downwards by level: %v", got)
	}
	p.click(`#list th button[data-key="id"]`)
	if got := p.rows(); !slices.IsSorted(got) {
		p.t.Errorf("by id: %v", got)
	}
	p.click(`#list th button[data-key="uplink"]`)
	p.expect(`#list th[aria-sort="descending"]`, "Uplink", time.Second)
	p.shoot("list")
	p.click(fmt.Sprintf(`#list tr[data-id=%q] button`, root))
	p.expect("#panel .role", "Root", 5*time.Second)
	p.do(chromedp.NavigateBack())
	await(p.t, "the mesh is back", 5*time.Second, func() bool { return eval[bool](p, "document.getElementById('list').hidden") })
	p.press(kb.Escape)
}

// outage ends the tracker and starts another one in its place.
func (p *topologyPage) outage(tracker *process, at string) {
	p.t.Helper()
	tracker.stop(syscall.SIGTERM)
	p.expect("#notice", "The tracker does not answer. Trying again.", 10*time.Second)
	p.shoot("lost")
	hlspeer(p.t, "tracker again", "tracker", "--listen", strings.TrimPrefix(at, "http://")).address("tracker")
	await(p.t, "the page is connected again", 30*time.Second, func() bool { return p.text("#notice") == "" })
	p.expect("#summary", "peers", 20*time.Second) // they are back, too
	p.do(chromedp.Navigate("about:blank"))        // it is not to see the end of this one
	p.forgive()
}
