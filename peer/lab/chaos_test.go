package lab

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer"
)

// TestChaos: five minutes of what `make chaos` does for an hour. Clocks cannot be
// wrong here: all of a bubble have the same.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{3, 8} {
		runChaos(t, seed, 5*time.Minute, 4*time.Second)
	}
}

// chaos is a stage on which mishaps happen, and the books that are kept of it.
type chaos struct {
	*stage
	gate      *gate
	source    trouble
	incidents []incident
	hosts     []*host   // by member
	past      []life    // of the origin
	direct    []*Viewer // plain players at the source
	lasting   sync.WaitGroup

	seen    map[int]*faring
	stalls  int // of viewers whose peer could reach the source, and not
	excused int
	spells  []time.Duration // in which a peer got nothing from others
	size    []extentOf
}

// chaosDirect is how many plain players there are, of whose survival a mishap has to be.
const chaosDirect = 5

// runChaos plays d of channel time. That it returns says that no goroutine is left.
func runChaos(t *testing.T, seed uint64, d, every time.Duration) {
	t.Helper()
	stays, incidents := planChaos(seed, d, every)
	c := &chaos{incidents: incidents, seen: map[int]*faring{}}
	began := time.Now()
	config := SwarmConfig{
		Peers: chaosPeers, Stays: stays, Uplinks: []int64{strong}, CacheBytes: 8 << 20, Origin: OriginConfig{Faults: c.source.faults},
		adjust: func(_ int, p *peer.Config) {
			h := &host{seen: map[string]bool{}, stale: map[string]bool{}}
			h.cable.Store(newCable(Line{}))
			c.hosts = append(c.hosts, h)
			dial := h.dial(p.Signal.NetDial)
			p.Origin.Transport, p.Signal.NetDial, p.Swarm.NetDial = roundTripper(dial), dial, dial
		},
	}
	defer func() {
		t.Logf("seed %d: %v\n%v of channel time in %.1f s", seed, c, d, time.Since(began).Seconds())
	}()
	prepared(t, config, c.prepare, func(*stage) { c.act(d) })
}

// prepare puts the gate before the tracker, and a plain player beside the peers.
func (c *chaos) prepare(st *stage) {
	c.stage, c.gate = st, guard(st.Swarm)
	st.net.(*virtual).router.AddChunkFilter(c.carries)
	c.past = []life{st.origin.now()}
	for _, m := range st.members {
		m.keep = false
		m.viewer.config.Check = c.check
	}
	for range chaosDirect {
		c.direct = append(c.direct, NewViewer(ViewerConfig{URL: st.SourceURL(), Client: httpClient(st.net), Check: c.check}))
	}
}

// act lets it all happen, and then looks whether the swarm has recovered.
func (c *chaos) act(d time.Duration) {
	stop := c.open(c.gate)
	ctx, cancel := context.WithCancel(context.Background())
	var plain sync.WaitGroup
	for i, v := range c.direct {
		plain.Go(func() {
			time.Sleep(time.Duration(i) * 370 * time.Millisecond) // at all moments between two segments
			_ = v.Run(ctx)                                        // ends with ctx
		})
	}
	next, last := 0, time.Duration(0)
	for c.elapsed() < d-40*time.Second {
		for next < len(c.incidents) && c.incidents[next].at <= c.elapsed() {
			stop = c.happens(c.incidents[next], stop)
			last = max(last, c.incidents[next].ends())
			next++
		}
		time.Sleep(time.Second)
		c.look()
	}
	c.lasting.Wait()
	c.recovered(last)
	c.flat()
	cancel()
	plain.Wait()
	for _, h := range c.hosts {
		for _, old := range append(h.old, h.cable.Load()) {
			close(old.over)
		}
	}
	c.gate.close()
	defer stop()
}

// happens begins a mishap, which ends by itself.
func (c *chaos) happens(in incident, stop func()) func() {
	t := c.t
	t.Logf("%v: %s (peer %d) for %v", c.elapsed().Round(time.Second), in.what, in.peer+1, in.lasts)
	h := c.hosts[in.peer]
	switch in.what {
	case crash: // by its stay
		c.gone = append(c.gone, in.peer)
	case cutOff, suspend:
		c.during(in.lasts, &h.mute)
		c.during(in.lasts, &h.cable.Load().dead)
		c.faring(in.peer).excusedTo = in.ends() + time.Minute
	case mute:
		c.during(in.lasts, &h.mute)
	case halfOpen:
		c.during(in.lasts, &h.deaf)
	case readdr:
		h.move()
	case away:
		c.gate.close()
		stop()
		c.after(in.lasts, func() { c.gate.open() })
		return c.open(c.gate)
	case encoder:
		c.after(c.sinceSegment(1950*time.Millisecond), c.restart)
	default:
		c.source.set(sourceFault(in.what))
		c.after(in.lasts, func() { c.source.set(nil) })
	}
	return stop
}

// sourceFault is how the source answers.
func sourceFault(what mishap) func(*http.Request) Fault {
	switch what {
	case missing:
		return onSegments(Fault{Status: http.StatusNotFound})
	case hanging:
		until := time.Now().Add(2 * time.Second)
		return func(*http.Request) Fault { return Fault{Delay: time.Until(until)} }
	case slow:
		return onSegments(Fault{Rate: 35_000})
	default:
		return onSegments(Fault{Cut: 20_000})
	}
}

func (c *chaos) after(d time.Duration, do func()) {
	c.lasting.Go(func() {
		time.Sleep(d)
		do()
	})
}

func (c *chaos) during(d time.Duration, flag *atomic.Bool) {
	flag.Store(true)
	c.after(d, func() { flag.Store(false) })
}

// sinceSegment is the time until the newest segment is so old. By then all who follow
// the channel have it.
func (c *chaos) sinceSegment(old time.Duration) time.Duration {
	passed := time.Since(c.origin.now().start) % c.origin.duration
	return (old - passed + c.origin.duration) % c.origin.duration
}

// restart lets the encoder begin anew: numbers go on, and with them the time, but all
// before is gone.
func (c *chaos) restart() {
	o := c.origin
	o.mu.Lock()
	defer o.mu.Unlock()
	n := int64(time.Since(o.life.start) / o.duration)
	o.life = life{o.life.number + 1, o.life.start.Add(time.Duration(n) * o.duration), o.life.first + n}
	c.past = append(c.past, o.life)
}

// check compares a segment with what the source had under its number.
func (c *chaos) check(sn int64, body []byte) error {
	o := c.origin
	o.mu.Lock()
	then := c.past[0]
	for _, l := range c.past {
		if l.first <= sn {
			then = l
		}
	}
	old := &Origin{config: o.config, duration: o.duration, clip: o.clip, life: then}
	o.mu.Unlock()
	if !bytes.Equal(body, old.Segment(RenditionMain, sn)) {
		return fmt.Errorf("segment %d differs from the source's", sn)
	}
	return nil
}
