package peer

import (
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// Heard is what a message of the scheduler says to the brain; nil if it is not
// for the brain.
func Heard(m signaling.Message) mesh.Event {
	switch m := m.(type) {
	case signaling.Parents:
		nodes := make([]mesh.Candidate, len(m.Nodes))
		for i, n := range m.Nodes {
			nodes[i] = mesh.Candidate{Peer: mesh.PeerID(n.PeerID), Residual: mesh.BitRate(n.ResidualBW)}
		}
		return mesh.Parents{Nodes: nodes}
	case signaling.Connect:
		return mesh.Connect{Peer: mesh.PeerID(m.To)}
	case signaling.Disconnect:
		return mesh.Disconnect{Peers: meshIDs(m.Peers)}
	case signaling.Adopt:
		return mesh.Adopt{Parent: mesh.PeerID(m.Parent), Residual: mesh.BitRate(m.ResidualBW)}
	case signaling.TransitionReply:
		return mesh.TransitionReply{Success: m.Success}
	default:
		return nil
	}
}

func meshIDs(ids []signaling.PeerID) []mesh.PeerID {
	out := make([]mesh.PeerID, len(ids))
	for i, id := range ids {
		out[i] = mesh.PeerID(id)
	}
	return out
}

// Said is the message to the scheduler that an action of the brain of peer
// self asks for; nil for actions that concern others.
func Said(self mesh.PeerID, a mesh.Action) signaling.Message {
	switch a := a.(type) {
	case mesh.GetParents:
		return signaling.GetParents{}
	case mesh.AskAdopt:
		return signaling.AdoptRequest{To: signaling.PeerID(a.Peer)}
	case mesh.ReportOpened:
		return signaling.DCOpened{
			DCID: dcid(self, a.Parent, a.Child), Substreams: a.Substreams, StreamRate: signaling.BitRate(a.Rate),
		}
	case mesh.ReportClosed:
		return signaling.DCClosed{
			DCID: dcid(self, a.Parent, a.Child), Substreams: a.Substreams, StreamRate: signaling.BitRate(a.Rate),
		}
	case mesh.ReportFailed:
		return signaling.DCFailed{DCID: dcid(self, a.Parent, a.Child)}
	default:
		return nil
	}
}

// dcid names the data channel between self and the one of parent and child
// that is set. The child comes first (protocol 4.5).
func dcid(self, parent, child mesh.PeerID) signaling.DCID {
	if child != "" {
		return signaling.NewDCID(signaling.PeerID(child), signaling.PeerID(self))
	}
	return signaling.NewDCID(signaling.PeerID(self), signaling.PeerID(parent))
}
