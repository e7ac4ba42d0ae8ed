package lab

import (
	"fmt"
	"math"
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

const (
	// rampUp is how long the first peers take to come, unless the run is short.
	rampUp = 5 * time.Minute
	// settled is when a steady channel is measured, unless the run is short.
	settled = 25 * time.Minute
	// flashTime is how long a flash crowd takes to come.
	flashTime = time.Minute
	// quietTime is how long nobody comes or goes at the end of [Quiesce].
	quietTime = 2 * time.Minute
	// gracefulShare is the part of the peers that say goodbye.
	gracefulShare = 0.6
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

// quietFrom is when churn stops; never before the end for most profiles.
func (c SimConfig) quietFrom() time.Duration {
	if c.Profile != Quiesce {
		return math.MaxInt64
	}
	return max(c.Duration/2, c.Duration-quietTime)
}

// ramp is how long the first peers take to come.
func (c SimConfig) ramp() time.Duration {
	if c.Profile == Flash {
		return min(flashTime, c.Duration/2)
	}
	return min(rampUp, c.Duration/4)
}

// measureFrom is when figures begin to count.
func (c SimConfig) measureFrom() time.Duration {
	if c.Profile == Flash {
		return c.ramp()
	}
	return min(settled, c.Duration/2)
}

// populate plans who comes when.
func (w *world) populate() {
	for range w.config.Peers {
		at := time.Duration(w.fate.Float64() * float64(w.config.ramp()))
		who := w.draw(w.remaining())
		w.queue.add(at, func() { w.join(who) })
	}
	w.nextArrival()
}

// nextArrival plans the next one of those who come in place of others that
// have gone: during the ramp-up fewer, as there are fewer.
func (w *world) nextArrival() {
	every := float64(w.config.Stay) / float64(w.config.Peers)
	w.after(time.Duration(w.fate.ExpFloat64()*every), func() {
		who, share := w.draw(w.lifetime()), w.fate.Float64()
		if w.config.Profile == Flash && w.now() < w.config.ramp() {
			share = 1 // they are counted among those who come at once
		}
		if share < float64(w.now())/float64(w.config.ramp()) && w.now() < w.config.quietFrom() {
			w.join(who)
		}
		w.nextArrival()
	})
}

func (w *world) draw(stay time.Duration) person {
	net := uplinkMix[w.fate.IntN(len(uplinkMix))] * w.config.Uplinks
	who := person{
		stay: stay, crashes: w.fate.Float64() >= gracefulShare,
		isp:      ispMix[w.fate.IntN(len(ispMix))],
		province: fmt.Sprintf("P%d", w.fate.IntN(provinces)),
	}
	const whole = 1.001 // so that a stream is not a hair less than its substreams
	who.uplink = signaling.BitRate(net * streamRate / uplinkShare * whole)
	who.slots = min(maxSlots, int(uplinkShare*who.uplink/w.substreamRate()))
	return who
}

// The lognormal stay: its median is a tenth of its mean.
var lognormalSigma = math.Sqrt(2 * math.Log(10))

// lifetime is how long somebody who comes will stay.
func (w *world) lifetime() time.Duration {
	mean := float64(w.config.Stay)
	if w.config.Profile == Lognormal {
		return time.Duration(min(mean/10*math.Exp(lognormalSigma*w.fate.NormFloat64()), math.MaxInt64/4))
	}
	return time.Duration(mean * w.fate.ExpFloat64())
}

// remaining is how much longer somebody stays who is found there. Those who
// stay long are found more often.
func (w *world) remaining() time.Duration {
	if w.config.Profile != Lognormal {
		return w.lifetime()
	}
	found := math.Log(float64(w.config.Stay)/10) + lognormalSigma*lognormalSigma
	whole := math.Exp(found + lognormalSigma*w.fate.NormFloat64())
	return time.Duration(min(whole*w.fate.Float64(), math.MaxInt64/4))
}

// join brings a peer, who enters the mesh with the first segment.
func (w *world) join(who person) {
	p := w.newPeer(who)
	p.step(mesh.Rated{Stream: streamRate})
	if !w.config.TopologyOnly {
		p.watch()
	}
	w.after(w.httpTime(), p.enter)
	w.after(who.stay, func() {
		if w.now() < w.config.quietFrom() {
			p.die()
		}
	})
}
