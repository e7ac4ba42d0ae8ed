package tracker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hlspeer/signaling"
)

// A churn is a channel under the load of mesh.md 4: peers come and go, take a
// second to link, and cannot link with one in ten.
type churn struct {
	rand  *rand.Rand
	room  *Room
	now   time.Duration
	wake  time.Duration
	queue []errand // by time
	count int
}

type errand struct {
	at time.Duration
	do func()
}

func (c *churn) after(d time.Duration, do func()) {
	at := c.now + d
	i, _ := slices.BinarySearchFunc(c.queue, at, func(e errand, at time.Duration) int {
		if e.at <= at {
			return -1
		}
		return 1
	})
	c.queue = slices.Insert(c.queue, i, errand{at, do})
}

func (c *churn) run(until time.Duration) {
	for c.now < until {
		if c.wake != 0 && c.wake <= c.queue[0].at {
			c.now = c.wake
			c.step(Tick{})
			continue
		}
		e := c.queue[0]
		c.queue = slices.Delete(c.queue, 0, 1)
		c.now = e.at
		e.do()
	}
}

func (c *churn) step(ev Event) {
	out, wake := c.room.Step(c.now, ev)
	c.wake = wake
	for _, o := range out {
		m, ok := o.Message.(signaling.Parents)
		if !ok {
			continue
		}
		for _, n := range m.Nodes {
			c.link(o.To, n)
		}
	}
}

func (c *churn) link(child signaling.PeerID, n signaling.Candidate) {
	dcid := signaling.NewDCID(child, n.PeerID)
	if c.rand.IntN(10) == 0 {
		c.after(4*time.Second, func() { c.step(Message{child, signaling.DCFailed{DCID: dcid}}) })
		return
	}
	c.after(time.Duration(500+c.rand.IntN(1000))*time.Millisecond, func() {
		c.step(Message{child, signaling.DCOpened{
			DCID: dcid, Substreams: int(n.ResidualBW / 625_000), StreamRate: 625_000,
		}})
	})
}

func (c *churn) exponential(mean time.Duration) time.Duration {
	return time.Duration(c.rand.ExpFloat64() * float64(mean))
}

// join brings a peer with an uplink of 0, 1, 2 or 5 streams for 20 minutes.
func (c *churn) join() {
	c.count++
	id := signaling.PeerID(fmt.Sprintf("p%d", c.count))
	streams := []signaling.BitRate{0, 0, 0, 1, 1, 1, 1, 2, 2, 5}[c.rand.IntN(10)]
	c.step(Joined{id, signaling.Enter{UplinkBW: streams * 2.8e6}})
	c.step(RelayUp{id})
	c.after(300*time.Millisecond, func() { c.step(Message{id, signaling.GetParents{}}) })
	c.after(c.exponential(20*time.Minute), func() { c.step(Left{id}) })
}

func (c *churn) arrive(every time.Duration) {
	c.join()
	c.after(c.exponential(every), func() { c.arrive(every) })
}

// TestChurn bounds how deep the mesh is and how much of it is missing, against
// 8 and 0.3 % as measured without the reserve of T1.5, and 5 and 0.3 % with it.
func TestChurn(t *testing.T) {
	t.Parallel()
	const peers = 1000
	c := &churn{rand: rand.New(rand.NewPCG(5, 5)), room: testRoom(5)}
	for range peers {
		c.after(time.Duration(c.rand.IntN(300_000))*time.Millisecond, c.join)
	}
	c.arrive(20 * time.Minute / peers)
	c.run(25 * time.Minute)
	samples, depth, missing := 0, 0, 0
	for range 60 {
		c.run(c.now + 20*time.Second)
		check(t, c.room)
		for _, p := range c.room.order {
			if !p.root {
				samples++
				depth += p.level
				missing += max(0, 4-p.filled)
			}
		}
	}
	level := float64(depth) / float64(samples)
	lack := 100 * float64(missing) / float64(4*samples)
	t.Logf("%d peers, %d roots, mean level %.2f, missing %.2f %%", c.room.Len(), c.room.roots, level, lack)
	if level > 6 || lack > 0.6 {
		t.Errorf("mean level %.2f, missing %.2f %%", level, lack)
	}
}
