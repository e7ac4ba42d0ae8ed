package peer

import (
	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// The messages by which peers change places go straight between the brain and
// the wire (protocol 3.7 to 3.9).

// climbing is what such a message says to the brain; nil for other messages.
func (l *link) climbing(m datachannel.Message) mesh.Event {
	switch m := m.(type) {
	case datachannel.Displace:
		return mesh.Displaced{From: l.peer, Substreams: m.Substreams}
	case datachannel.Transition:
		return mesh.TransitionAsked{
			From: l.peer, Origin: mesh.PeerID(m.From), Uplink: mesh.BitRate(m.UplinkBW), TTL: m.TTL, SourceTTL: m.SourceTTL,
		}
	case datachannel.Grant:
		parents := make([]mesh.GrantParent, len(m.Parents))
		for i, p := range m.Parents {
			parents[i] = mesh.GrantParent{Peer: mesh.PeerID(p.PeerID), Substreams: p.Substreams}
		}
		return mesh.Granted{
			From: l.peer, Granter: mesh.PeerID(m.From), To: mesh.PeerID(m.To),
			Level: int(max(0, min(m.Delay, datachannel.MaxHops))), TTL: m.TTL, Parents: parents,
		}
	default:
		return nil
	}
}

func transitionOf(a mesh.SendTransition) datachannel.Transition {
	return datachannel.Transition{
		UplinkBW: float64(a.Uplink), TTL: a.TTL, SourceTTL: a.SourceTTL, From: datachannel.PeerID(a.Origin),
	}
}

func grantOf(a mesh.SendGrant) datachannel.Grant {
	parents := make([]datachannel.GrantParent, len(a.Parents))
	for i, p := range a.Parents {
		parents[i] = datachannel.GrantParent{PeerID: datachannel.PeerID(p.Peer), Substreams: p.Substreams}
	}
	return datachannel.Grant{
		Delay: float64(a.Level), TTL: a.TTL, Parents: parents,
		From: datachannel.PeerID(a.Granter), To: datachannel.PeerID(a.To),
	}
}

// send sends a control message over an open link. If it has just ended, the
// brain hears of that.
func (t *track) send(peer mesh.PeerID, m datachannel.Message) {
	if l := t.links[peer]; l != nil {
		if err := l.dc.Send(m); err != nil {
			t.log.Debug("not sent", "event", m.Event(), "to", peer, "error", err)
		}
	}
}

// leveled tells the brain how far from the source we are, when that changes.
func (t *track) leveled() {
	if level, ok := t.ledger.level(levelOver); ok && level != t.level {
		t.level = level
		t.step(mesh.Levelled{Level: level})
	}
}
