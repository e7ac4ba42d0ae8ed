package datachannel

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"
)

// A Candidate is an address that a peer offers to others.
type Candidate struct {
	Kind    string // "host", "srflx" (as a STUN or TURN server sees us) or "relay" (of a TURN server)
	Address string // host:port
	Base    string // where packets to it arrive here, host:port; "" where it is the same or hidden
}

// Survey is what others would get to know of this machine.
type Survey struct {
	// Candidates are what a link would gather, in the order of discovery.
	Candidates []Candidate
	// Disclosed are the addresses in the signals of a link, without ports, sorted: what
	// another peer sees.
	Disclosed []string
}

// Gather gathers candidates as a link would, until ctx ends at the latest; what was
// found until then is returned without an error. It opens sockets and closes them
// again.
func Gather(ctx context.Context, c Config) (Survey, error) {
	h, err := NewHost(c)
	if err != nil {
		return Survey{}, err
	}
	defer h.Close()
	pc, err := h.asChild.NewPeerConnection(h.configuration())
	if err != nil {
		return Survey{}, fmt.Errorf("gathering candidates: %w", err)
	}
	defer pc.GracefulClose()
	found := make(chan *webrtc.ICECandidate, signalsSize)
	pc.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		select {
		case found <- candidate:
		case <-ctx.Done():
		}
	})
	if _, err := pc.CreateDataChannel("segments", nil); err != nil {
		return Survey{}, fmt.Errorf("gathering candidates: %w", err)
	}
	offer, err := pc.CreateOffer(nil)
	if err == nil {
		err = pc.SetLocalDescription(offer)
	}
	if err != nil {
		return Survey{}, fmt.Errorf("gathering candidates: %w", err)
	}
	var s Survey
	for {
		select {
		case candidate := <-found:
			if candidate == nil {
				return s, nil
			}
			s.add(candidate)
		case <-ctx.Done():
			return s, nil
		}
	}
}

// add takes a candidate, as it goes into a signal.
func (s *Survey) add(c *webrtc.ICECandidate) {
	out := Candidate{Kind: c.Typ.String(), Address: strings.TrimPrefix(candidateName(c), c.Typ.String()+" ")}
	s.disclose(c.Address)
	if c.RelatedAddress != "" {
		out.Base = joinPort(c.RelatedAddress, c.RelatedPort)
		s.disclose(c.RelatedAddress)
	}
	s.Candidates = append(s.Candidates, out)
}

func (s *Survey) disclose(address string) {
	if i, known := slices.BinarySearch(s.Disclosed, address); !known && address != "0.0.0.0" && address != "::" {
		s.Disclosed = slices.Insert(s.Disclosed, i, address)
	}
}
