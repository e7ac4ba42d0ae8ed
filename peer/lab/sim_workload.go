package lab

import (
	"fmt"
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

const (
	// settled is when a steady channel is measured, unless the run is short.
	settled = 25 * time.Minute
	// crashShare is the part of the peers that do not say goodbye.
	crashShare = 0.4
	// uplinkShare is the part of an uplink that the tracker plans with. What the
	// mix below calls an uplink is that part.
	uplinkShare = 0.9
	// maxSlots is how many slots the tracker plans with at most.
	maxSlots = 64
)

// uplinkMix is everybody's uplink in streams, a tenth of the peers each.
var uplinkMix = [10]float64{0, 0, 0, 1, 1, 1, 1, 2, 2, 5}

// ispMix is everybody's ISP: two random peers share one in 36 % of all cases,
// and a province in 5 %.
var ispMix = [20]string{
	"A", "A", "A", "A", "A", "A", "A", "A", "A",
	"B", "B", "B", "B", "B", "B",
	"C", "C", "C", "C", "C",
}

const provinces = 20

func peerName(n int) mesh.PeerID { return mesh.PeerID(fmt.Sprintf("p%d", n)) }

// churn is who comes and goes when.
func (c SimConfig) churn() Churn {
	return Churn{
		Profile: c.Profile, Peers: c.Peers, Duration: c.Duration, Ramp: c.Ramp,
		Stay: c.Stay, Crash: c.Crash, Seed: c.Seed,
	}
}

// measureFrom is when figures begin to count.
func (c SimConfig) measureFrom() time.Duration {
	switch {
	case c.MeasureFrom >= 0:
		return c.MeasureFrom
	case c.Profile == Flash:
		return c.churn().ramp()
	}
	return min(settled, c.Duration/2)
}

// populate plans who comes when.
func (w *world) populate() {
	for _, s := range w.visits.first() {
		w.queue.add(s.From, func() { w.join(w.draw(s)) })
	}
	w.nextArrival()
}

// nextArrival plans the next one of those who come later.
func (w *world) nextArrival() {
	if s, more := w.visits.next(); more {
		w.queue.add(s.From, func() {
			w.join(w.draw(s))
			w.nextArrival()
		})
	}
}

// draw is somebody who stays so long.
func (w *world) draw(s Stay) person {
	net := uplinkMix[w.fate.IntN(len(uplinkMix))] * w.config.Uplinks
	who := person{
		stay: s.For, crashes: s.Crash,
		isp:      ispMix[w.fate.IntN(len(ispMix))],
		province: fmt.Sprintf("P%d", w.fate.IntN(provinces)),
	}
	who.uplink = signaling.BitRate(UplinkFor(net, streamRate))
	if given := w.config.Rates; len(given) > 0 {
		who.uplink = signaling.BitRate(float64(given[w.count%len(given)]) * w.config.Uplinks)
	}
	who.slots = min(maxSlots, int(uplinkShare*who.uplink/w.substreamRate()))
	return who
}

// UplinkFor is the uplink, in bit/s, that feeds so many streams of a rate by the
// tracker's rules.
func UplinkFor(streams float64, rate int64) int64 {
	const whole = 1.001 // so that a stream is not a hair less than its substreams
	return int64(streams * float64(rate) / uplinkShare * whole)
}

// join brings a peer, who enters the mesh with the first segment.
func (w *world) join(who person) {
	p := w.newPeer(who)
	p.step(mesh.Rated{Stream: streamRate})
	if !w.config.TopologyOnly {
		p.watch()
	}
	w.after(w.httpTime(), p.enter)
	if who.stay > 0 {
		w.after(who.stay, p.die)
	}
}
