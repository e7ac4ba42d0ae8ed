package lab

import (
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

// reportSpan is the time between two reports of a peer.
const reportSpan = time.Minute

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
		UplinkBW: p.uplink, Device: "PC", ISP: p.isp, Province: p.province, StreamRate: streamRate,
	}})
	w.post(tracker.RelayUp{Peer: id})
	p.step(mesh.Entered{Self: p.id, Substreams: w.config.Substreams})
	p.step(mesh.RelayUp{})
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

// told translates an order of the tracker. Those that it does not know, it
// ignores.
func (p *simPeer) told(m signaling.Message) {
	switch m := m.(type) {
	case signaling.Parents:
		nodes := make([]mesh.Candidate, len(m.Nodes))
		for i, n := range m.Nodes {
			nodes[i] = mesh.Candidate{Peer: mesh.PeerID(n.PeerID), Residual: mesh.BitRate(n.ResidualBW)}
		}
		p.step(mesh.Parents{Nodes: nodes})
	case signaling.Connect:
		p.step(mesh.Connect{Peer: mesh.PeerID(m.To)})
	case signaling.Disconnect:
		peers := make([]mesh.PeerID, len(m.Peers))
		for i, q := range m.Peers {
			peers[i] = mesh.PeerID(q)
		}
		p.step(mesh.Disconnect{Peers: peers})
	case signaling.Adopt:
		p.step(mesh.Adopt{Parent: mesh.PeerID(m.Parent), Residual: mesh.BitRate(m.ResidualBW)})
	}
}

// dcid names a link; exactly one end is given, the other is p (protocol 4.5).
func (p *simPeer) dcid(parent, child mesh.PeerID) signaling.DCID {
	if child != "" {
		return signaling.NewDCID(signaling.PeerID(child), signaling.PeerID(p.id))
	}
	return signaling.NewDCID(signaling.PeerID(p.id), signaling.PeerID(parent))
}
