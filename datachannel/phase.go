package datachannel

import (
	"fmt"
	"net"
	"strconv"

	"github.com/pion/webrtc/v4"
)

// PhaseHandler may be implemented by a [Handler] that wants to know how a link comes
// about. Its method is called from goroutines of its own, possibly after Opened.
type PhaseHandler interface {
	Phase(l *Link, p Phase)
}

// Phase is a step on the way to an open link, in this order.
type Phase struct {
	Reached PhaseName
	// Local and Remote are the addresses between which packets pass, for
	// [PhasePath]: "host 192.0.2.2:5000".
	Local, Remote string
}

// PhaseName names a phase.
type PhaseName string

// The phases.
const (
	PhasePath   PhaseName = "path"   // ICE has found a way; it may find a better one later
	PhaseSecure PhaseName = "secure" // DTLS has shaken hands over it
)

// tellPhases subscribes to what a PhaseHandler wants to know.
func (l *Link) tellPhases() {
	h, ok := l.handler.(PhaseHandler)
	if !ok {
		return
	}
	transport := l.pc.SCTP().Transport()
	transport.ICETransport().OnSelectedCandidatePairChange(func(p *webrtc.ICECandidatePair) {
		if p != nil && p.Local != nil && p.Remote != nil {
			h.Phase(l, Phase{PhasePath, candidateName(p.Local), candidateName(p.Remote)})
		}
	})
	transport.OnStateChange(func(s webrtc.DTLSTransportState) {
		if s == webrtc.DTLSTransportStateConnected {
			h.Phase(l, Phase{Reached: PhaseSecure})
		}
	})
}

func candidateName(c *webrtc.ICECandidate) string {
	return fmt.Sprintf("%s %s", c.Typ, joinPort(c.Address, c.Port))
}

func joinPort(address string, port uint16) string {
	return net.JoinHostPort(address, strconv.Itoa(int(port)))
}
