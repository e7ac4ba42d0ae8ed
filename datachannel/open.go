package datachannel

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// negotiation is the state of a link between its first signal and its open
// channel, kept by the reading goroutine.
type negotiation struct {
	link      *Link
	mid       string   // of the only media section, for our candidates
	described bool     // the remote's description is set
	early     []string // candidates that came before it
}

// open negotiates until a channel is open. It returns false once the link is
// closing instead.
func (l *Link) open(offer signal) bool {
	l.initiator = offer.kind != signalOffer
	n := negotiation{link: l}
	if err := n.describe(offer); err != nil {
		l.fail("negotiating", err)
		return false
	}
	timeout := time.NewTimer(l.host.cfg.OpenTimeout)
	defer timeout.Stop()
	for {
		select {
		case s := <-l.signals:
			n.apply(s)
		case line := <-l.candidates:
			l.send(encodeCandidate(line, n.mid))
		case a := <-l.channels:
			l.use(a.channel)
			l.noticeChannel()
			return true
		case <-timeout.C:
			l.Close(ErrTimeout)
		case <-l.closing:
			return false
		}
	}
}

// describe makes and sends our description: the answer to an offer, or an offer.
func (n *negotiation) describe(offer signal) error {
	l := n.link
	l.listen()
	kind, create := "offer", func() (webrtc.SessionDescription, error) { return l.pc.CreateOffer(nil) }
	if l.initiator {
		if err := n.createChannel(); err != nil {
			return err
		}
	} else {
		kind, create = "answer", func() (webrtc.SessionDescription, error) { return l.pc.CreateAnswer(nil) }
		if err := n.setRemote(webrtc.SDPTypeOffer, offer.sdp); err != nil {
			return err
		}
	}
	local, err := create()
	if err != nil {
		return fmt.Errorf("creating the %s: %w", kind, err)
	}
	if err := l.pc.SetLocalDescription(local); err != nil {
		return fmt.Errorf("setting the local %s: %w", kind, err)
	}
	data := encodeDescription(kind, l.host.describe(l, local.SDP))
	if len(data) >= maxSignal {
		return fmt.Errorf("%s of %d bytes is too long for a signal", kind, len(data))
	}
	n.mid = mediaID(local.SDP)
	l.send(data)
	return nil
}

// listen subscribes to pion's events. They come on goroutines of pion.
func (l *Link) listen() {
	l.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return // the end of candidates is never signaled (protocol 2.3)
		}
		select {
		case l.candidates <- c.ToJSON().Candidate:
		default:
		}
	})
	l.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch {
		case l.channel() != nil && s == webrtc.PeerConnectionStateDisconnected:
			l.handler.Silent(l, true)
		case l.channel() != nil && s == webrtc.PeerConnectionStateConnected:
			l.handler.Silent(l, false)
		case s == webrtc.PeerConnectionStateFailed:
			l.Close(fmt.Errorf("%w: no way to the peer", ErrFailed))
		case s == webrtc.PeerConnectionStateClosed && l.channel() == nil:
			l.Close(fmt.Errorf("%w: connection closed before the channel was open", ErrFailed))
		}
	})
	l.tellPhases()
	l.pc.SCTP().OnClose(func(error) { close(l.unbound) })
	l.pc.OnDataChannel(func(dc *webrtc.DataChannel) {
		dc.OnOpen(func() { l.arrived(dc, true) })
	})
}

func (n *negotiation) createChannel() error {
	dc, err := n.link.pc.CreateDataChannel("segments", nil) // ordered and reliable
	if err != nil {
		return fmt.Errorf("creating the channel: %w", err)
	}
	dc.OnOpen(func() { n.link.arrived(dc, false) })
	return nil
}

// apply takes one signal of the remote.
func (n *negotiation) apply(s signal) {
	switch {
	case s.kind == signalCandidate && n.described:
		n.addCandidate(s.candidate)
	case s.kind == signalCandidate:
		if len(n.early) < signalsSize {
			n.early = append(n.early, s.candidate)
		}
	case s.kind == signalAnswer && !n.described:
		n.link.host.answered(n.link, s.sdp)
		if err := n.setRemote(webrtc.SDPTypeAnswer, s.sdp); err != nil {
			n.link.fail("negotiating", err)
		}
	}
}

// setRemote sets the remote's description and adds the candidates that waited
// for it.
func (n *negotiation) setRemote(kind webrtc.SDPType, sdp string) error {
	if sdp == "" {
		return errors.New("empty description from the peer")
	}
	err := n.link.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp})
	if err != nil {
		return fmt.Errorf("setting the remote %s: %w", kind, err)
	}
	n.described = true
	for _, line := range n.early {
		n.addCandidate(line)
	}
	n.early = nil
	return nil
}

// addCandidate passes a candidate to ICE. One that cannot be used costs nothing.
func (n *negotiation) addCandidate(line string) {
	if err := n.link.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line}); err != nil {
		n.link.log.Debug("skipping a candidate of the peer", "error", err)
	}
}
