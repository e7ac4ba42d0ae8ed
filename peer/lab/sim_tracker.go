package lab

import (
	"time"

	"hlspeer/peer"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// reportSpan is the time between two reports of a peer.
const reportSpan = time.Minute

// The speed test (protocol 4.4): a peer that claims more than it is believed
// sends a MiB to the tracker, soon after it has come.
const (
	worthTesting = 4 * streamRate
	testBytes    = 1 << 20
	testLeast    = time.Second
	testMost     = 5 * time.Second
)

// post gives the desk an event and sends what it says.
func (w *world) post(ev tracker.Event) {
	out, wake := w.desk.Step(w.now(), ev)
	for _, o := range out {
		w.deliver(o)
	}
	if wake == 0 {
		wake = mesh.Never
	}
	w.wake(&w.alarm, wake, func() { w.post(tracker.Tick{}) })
}

// deliver carries a message to its peer.
func (w *world) deliver(o tracker.Out) {
	p := w.peers[mesh.PeerID(o.To)]
	if p == nil {
		return
	}
	w.checkOrder(p, o.Message)
	w.after(signalDelay, func() { p.told(o.Message) })
}

// enter brings a peer to the tracker. Its two sockets take no time: a peer
// watches by HTTP meanwhile.
func (p *simPeer) enter() {
	if !p.alive {
		return
	}
	w := p.world
	id := signaling.PeerID(p.id)
	p.entered = w.now()
	w.post(tracker.Joined{Peer: id, Enter: signaling.Enter{
		UplinkBW: p.uplink, Browser: "hlspeer", Device: "PC", ISP: p.isp, Province: p.province, StreamRate: streamRate,
	}})
	w.post(tracker.RelayUp{Peer: id})
	p.step(mesh.Entered{Self: p.id, Substreams: w.config.Substreams, Planned: w.planned()})
	p.step(mesh.RelayUp{})
	if p.uplink > worthTesting {
		took := time.Duration(8 * testBytes / float64(p.uplink) * float64(time.Second))
		w.after(w.between(testLeast, testMost)+took, func() {
			if p.alive {
				w.post(tracker.Measured{Peer: id, Uplink: p.uplink})
			}
		})
	}
	if p.pieces != nil {
		w.after(reportSpan, p.report)
	}
}

// left tells the tracker that a peer is gone.
func (w *world) left(p *simPeer) {
	if p.entered >= 0 {
		w.post(tracker.Left{Peer: signaling.PeerID(p.id)})
	}
}

// tell sends a message to the tracker.
func (p *simPeer) tell(m signaling.Message) {
	p.world.after(signalDelay, func() {
		p.world.post(tracker.Message{From: signaling.PeerID(p.id), Message: m})
	})
}

// told takes an order of the tracker.
func (p *simPeer) told(m signaling.Message) {
	if order := peer.Heard(m); order != nil {
		p.step(order)
	}
}
