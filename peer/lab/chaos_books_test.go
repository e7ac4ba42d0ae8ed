package lab

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// faring is how a viewer fared up to the last look.
type faring struct {
	stalls, lost int
	excusedTo    time.Duration
	p2p          int64         // segments from peers,
	fedAt        time.Duration // and when the newest one came
}

// chaosGap is from when on somebody who gets nothing from peers is without them: four
// segments.
const chaosGap = 8 * time.Second

// extentOf is what the whole holds at a moment, that must not grow.
type extentOf struct {
	at                          time.Duration
	segments, links, goroutines int
	cache                       int64
	heap                        uint64
}

func (c *chaos) faring(i int) *faring {
	w := c.seen[i]
	if w == nil {
		w = &faring{}
		c.seen[i] = w
	}
	return w
}

// look counts what has happened in the last second.
func (c *chaos) look() {
	now := c.elapsed()
	for i, m := range c.members {
		p := m.presence()
		if p.joined.IsZero() || p.last != nil || slices.Contains(c.gone, i) {
			continue
		}
		w, r := c.faring(i), m.viewer.Report()
		if n := r.Stalls - w.stalls + r.Lost - w.lost; n > 0 && now <= w.excusedTo {
			c.excused += n
		} else if n > 0 {
			c.stalls += n
			c.t.Errorf("%v: peer %d: %d stalls, %d lost segments more (since it came: %+v)", now, i+1, r.Stalls-w.stalls, r.Lost-w.lost, r)
		}
		w.stalls, w.lost = r.Stalls, r.Lost
	}
	for _, r := range c.present() {
		w := c.faring(r.Peer - 1)
		if r.Root || w.fedAt == 0 {
			w.fedAt = now
		}
		if r.Counts.P2P > w.p2p {
			if gap := now - w.fedAt; gap > chaosGap {
				c.spells = append(c.spells, gap)
			}
			w.p2p, w.fedAt = r.Counts.P2P, now
		}
	}
	if n := len(c.size); now >= time.Duration(n+1)*10*time.Minute {
		c.measure(now)
	}
}

// present are the rows of the peers that are there.
func (c *chaos) present() []Row {
	return slices.DeleteFunc(c.rows(), func(r Row) bool { return !r.Joined || r.Left })
}

// measure notes how large the whole is.
func (c *chaos) measure(now time.Duration) {
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	x := extentOf{at: now, goroutines: runtime.NumGoroutine(), heap: mem.HeapAlloc}
	for _, r := range c.present() {
		x.segments += r.Segments
		x.links += len(r.Parents) + len(r.Children)
	}
	for i, m := range c.members {
		if p := m.presence(); p.last == nil && !p.joined.IsZero() && !slices.Contains(c.gone, i) {
			x.cache += p.agent.Status().CacheUsed
		}
	}
	c.size = append(c.size, x)
}

// recovered demands that soon after the last mishap all live on peers again, and that
// nobody was ever shown anything wrong.
func (c *chaos) recovered(last time.Duration) {
	t := c.t
	before := c.present()
	time.Sleep(20 * time.Second)
	alone := 0
	for i, r := range c.present() {
		p2p, http := r.Counts.P2P-before[i].Counts.P2P, r.Counts.HTTP-before[i].Counts.HTTP
		if p2p <= http {
			alone++
			t.Logf("peer %d: %d segments from peers, %d by HTTP: root %v, %s at the tracker, %s, %d of %d substreams without a parent, %d parents, %+v",
				r.Peer, p2p, http, r.Root, r.Tracker, r.Standing, r.Unfed, r.Substreams, len(r.Parents), *r.Connects)
		}
	}
	// Where the tracker has forgotten all, it may have made two of them roots.
	if alone > 2 {
		t.Errorf("%v after the last mishap %d peers live on the source, want two roots at most", c.elapsed()-last, alone)
	}
	for _, r := range c.Rows() {
		if r.Viewer.Wrong > 0 {
			t.Errorf("peer %d: %d wrong segments", r.Peer, r.Viewer.Wrong)
		}
	}
	for i, v := range c.direct {
		if r := v.Report(); r.Stalls+r.Lost+r.Bad > 0 {
			t.Errorf("plain player %d at the source has not survived that: %+v", i+1, r)
		}
	}
	if c.stalls == 0 && len(c.incidents) < 5 {
		t.Errorf("%d mishaps: nothing was tried", len(c.incidents))
	}
}

// flat demands that the whole did not grow from the first twenty minutes to the last.
func (c *chaos) flat() {
	if len(c.size) < 2 {
		return // not so long a run
	}
	c.measure(c.elapsed())
	a, from, to := c.size[0], c.size[1], c.size[len(c.size)-1]
	// The encoder may just have begun anew at one of the two.
	from.segments, from.links, from.cache = max(from.segments, a.segments), max(from.links, a.links), max(from.cache, a.cache)
	from.goroutines, from.heap = max(from.goroutines, a.goroutines), max(from.heap, a.heap)
	if to.segments > from.segments*4/3 || to.links > from.links*2 || to.cache > from.cache*4/3 ||
		to.goroutines > from.goroutines*4/3 || to.heap > from.heap+chaosGrowth {
		c.t.Errorf("it grows: %+v, and later %+v", from, to)
	}
}

// chaosGrowth is by how much the heap may grow: each peer keeps its brain's script, up
// to half a megabyte.
const chaosGrowth = chaosPeers<<19 + 4<<20

// String sums it all up.
func (c *chaos) String() string {
	var b strings.Builder
	count := map[mishap]int{}
	for _, in := range c.incidents {
		count[in.what]++
	}
	fmt.Fprintf(&b, "%d mishaps:", len(c.incidents))
	for _, m := range mishaps {
		fmt.Fprintf(&b, " %s %d,", m.what, count[m.what])
	}
	var http, p2p int64
	wrong := 0
	for _, r := range c.Rows() {
		http, p2p, wrong = http+r.Bytes.HTTP, p2p+r.Bytes.P2P, wrong+r.Viewer.Wrong
	}
	fmt.Fprintf(&b, "\n%d stalls or lost segments (%d more of peers that could not reach the source), %d wrong segments, offload %.3f",
		c.stalls, c.excused, wrong, float64(p2p)/float64(max(1, http+p2p)))
	slices.Sort(c.spells)
	if n := len(c.spells); n > 0 {
		fmt.Fprintf(&b, "\n%d times a peer got nothing from others for more than %v: for %v (p50), %v (p95), %v (max), its own outage included", n, chaosGap, c.spells[n/2].Round(time.Second), c.spells[n*95/100].Round(time.Second), c.spells[n-1].Round(time.Second))
	}
	for _, x := range c.size {
		fmt.Fprintf(&b, "\nafter %v: %d segments in rings, %d ends of links, %d bytes cached, %d goroutines, heap %.1f MB",
			x.at.Round(time.Second), x.segments, x.links, x.cache, x.goroutines, float64(x.heap)/1e6)
	}
	return b.String()
}
