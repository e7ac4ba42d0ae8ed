package main

import (
	"errors"
	"fmt"
	"time"

	"hlspeer/datachannel"
	"hlspeer/signaling"
)

// signaled takes what the tracker says.
func (f *fetch) signaled(host *datachannel.Host, ev signaling.Event) error {
	switch ev := ev.(type) {
	case signaling.Accepted:
		f.self = ev.Accept.PeerID
		f.step("tracker", "the tracker has taken us as %s", f.self)
	case signaling.RelayUp:
		if f.link != nil {
			return nil
		}
		f.report.Phases.Tracker = f.lap()
		f.step("relay", "its relay is open")
		switch {
		case f.o.from != "":
			return f.dial(host, signaling.PeerID(f.o.from))
		case !f.swarm:
			return f.tracker.Send(signaling.GetParents{})
		case f.remote != "": // named by the announce
			return f.dial(host, f.remote)
		}
		return f.tracker.Send(signaling.GetPeers{})
	case signaling.Peers:
		if len(ev.IDs) == 0 {
			return errNobody
		}
		return f.named(host, ev.IDs[0])
	case signaling.Received:
		switch m := ev.Message.(type) {
		case signaling.Parents:
			if len(m.Nodes) == 0 {
				return errNobody
			}
			return f.named(host, m.Nodes[0].PeerID)
		case signaling.Connect:
			return f.named(host, m.To)
		}
	case signaling.Signaled:
		return f.signal(ev)
	case signaling.Refused:
		return fmt.Errorf("peer %s refuses: %s", ev.From, ev.Reason)
	case signaling.Rejected:
		return fmt.Errorf("the tracker rejects us: %s (--key)", ev.Reason)
	case signaling.Offline:
		return fmt.Errorf("the tracker cannot be reached: %w", ev.Cause)
	case signaling.RelayDown:
		return fmt.Errorf("the tracker's relay cannot be reached: %w", ev.Cause)
	}
	return nil
}

var errNobody = errors.New("the tracker names no peer: nobody else is in the channel, or nobody has uplink left; --from names one")

// named takes a peer that the tracker names, unless the user has.
func (f *fetch) named(host *datachannel.Host, id signaling.PeerID) error {
	if f.o.from != "" || f.link != nil {
		return nil
	}
	if f.report.Phases.Tracker == nil {
		f.remote = id // signals cannot be sent yet
		return nil
	}
	f.step("assigned", "the tracker assigns %s", id)
	return f.dial(host, id)
}

// dial makes the offer.
func (f *fetch) dial(host *datachannel.Host, id signaling.PeerID) (err error) {
	f.remote, f.report.Peer = id, string(id)
	f.reached = time.Now()
	f.link, err = host.Offer(datachannel.PeerID(id), func(data []byte) {
		if err := f.tracker.Signal(id, data); err != nil {
			f.post(func() error { return fmt.Errorf("a signal could not be sent: %w", err) })
		}
	}, &fetchHandler{fetch: f})
	if err != nil {
		return fmt.Errorf("making a link: %w", err)
	}
	f.step("offer", "an offer is sent to %s", id)
	return nil
}

// signal takes what the peer says through the relay.
func (f *fetch) signal(ev signaling.Signaled) error {
	switch {
	case f.link == nil || ev.From != f.remote || datachannel.IsOffer(ev.Data):
		return nil
	case len(ev.Data) == 0:
		return fmt.Errorf("peer %s cannot be reached: the tracker does not know it", ev.From)
	}
	if f.report.Phases.Signalling == nil {
		f.report.Phases.Signalling = f.lap()
		f.step("answer", "the peer answers")
	}
	if err := f.link.Signal(ev.Data); err != nil {
		f.step("signal", "a signal of the peer is of no use: %v", err)
	}
	return nil
}

// opened asks for the segment.
func (f *fetch) opened() error {
	f.report.Phases.Channel = f.lap()
	f.step("channel", "the channel is open")
	if f.swarm {
		if err := f.link.Send(datachannel.Bitfield{}); err != nil {
			return err
		}
	}
	m := datachannel.Request{URL: f.name, SN: datachannel.SN(f.o.sn), Urgent: f.swarm}
	if f.length > 0 {
		m.BitRate = int64(8 * float64(len(f.source)) / f.length.Seconds())
	}
	if err := f.link.Send(m); err != nil {
		return err
	}
	f.step("request", "REQUEST is sent")
	return nil
}

// fetchHandler hears what happens on the link and hands it to the loop.
type fetchHandler struct {
	fetch *fetch
	data  []byte // of the piece, as it comes
}

var (
	_ datachannel.Handler      = (*fetchHandler)(nil)
	_ datachannel.PhaseHandler = (*fetchHandler)(nil)
	_ datachannel.Sink         = (*fetchHandler)(nil)
)

// Phase implements [datachannel.PhaseHandler].
func (h *fetchHandler) Phase(_ *datachannel.Link, p datachannel.Phase) {
	f := h.fetch
	f.post(func() error {
		switch {
		case p.Reached == datachannel.PhasePath && f.report.Phases.ICE == nil:
			f.report.Phases.ICE = f.lap()
			f.step("ice", "packets pass between %s here and %s there", p.Local, p.Remote)
		case p.Reached == datachannel.PhasePath:
			f.step("ice", "a better way: between %s here and %s there", p.Local, p.Remote)
		case p.Reached == datachannel.PhaseSecure:
			f.report.Phases.DTLS = f.lap()
			f.step("dtls", "they are encrypted")
		}
		return nil
	})
}

// Opened implements [datachannel.Handler].
func (h *fetchHandler) Opened(*datachannel.Link) { h.fetch.post(h.fetch.opened) }

// Message implements [datachannel.Handler].
func (h *fetchHandler) Message(l *datachannel.Link, m datachannel.Message) {
	f := h.fetch
	switch m := m.(type) {
	case datachannel.Lack:
		f.post(func() error {
			if m.URL != f.name && m.SN != datachannel.SN(f.o.sn) {
				return nil
			}
			if m.Current >= 0 {
				return fmt.Errorf("the peer answers LACK: it does not have the segment; it plays %d", m.Current)
			}
			return errors.New("the peer answers LACK: it does not have the segment")
		})
	case datachannel.Keepalive:
		_ = l.Send(datachannel.KeepaliveAck{Current: datachannel.NoSN}) // to a link that may have ended
	case datachannel.Ping:
		_ = l.Send(datachannel.Pong{})
	}
}

// Piece implements [datachannel.Handler].
func (h *fetchHandler) Piece(l *datachannel.Link, p datachannel.Piece) datachannel.Sink {
	f := h.fetch
	if p.URL != f.name && p.SN != datachannel.SN(f.o.sn) {
		l.Strike(datachannel.Unasked)
		return nil
	}
	h.data = nil
	f.post(func() error {
		f.report.Phases.Piece, f.size = f.lap(), p.Size
		f.step("piece", "PIECE announces %d bytes in %s, %s from the source", p.Size, count(p.Attachments, "packet"), count(p.Hops+1, "hop"))
		return nil
	})
	return h
}

// Write implements [datachannel.Sink].
func (h *fetchHandler) Write(p []byte) (int, error) {
	f, first, n := h.fetch, len(h.data) == 0, int64(len(p))
	h.data = append(h.data, p...) // at most the size announced, which is limited
	f.post(func() error {
		f.report.Bytes += n
		if first {
			f.report.Bytes, f.first = n, time.Now()
			f.report.Phases.FirstByte = f.lap()
			f.step("first byte", "the first bytes come")
		}
		return nil
	})
	return len(p), nil
}

// Finish implements [datachannel.Sink].
func (h *fetchHandler) Finish(err error) {
	f, data := h.fetch, h.data
	f.post(func() error {
		f.report.Bytes = int64(len(data))
		if err != nil {
			return fmt.Errorf("after %d of %d bytes: %w", len(data), f.size, err)
		}
		f.report.Phases.LastByte, f.report.data = f.lap(), data
		text := ""
		if took := time.Since(f.first).Seconds(); took > 0.001 {
			rate := int64(8 * float64(len(data)) / took)
			f.report.BitRate, text = &rate, ", "+bitRate(rate)
		}
		f.step("last byte", "all %d bytes are here%s", len(data), text)
		return errFetched
	})
}

// Struck implements [datachannel.Handler].
func (h *fetchHandler) Struck(_ *datachannel.Link, v datachannel.Violation) {
	h.fetch.post(func() error {
		h.fetch.step("strike", "the peer breaks the protocol: %s", v)
		return nil
	})
}

// Silent implements [datachannel.Handler].
func (h *fetchHandler) Silent(_ *datachannel.Link, silent bool) {
	h.fetch.post(func() error {
		if silent {
			h.fetch.step("silence", "nothing has come for more than two seconds")
		}
		return nil
	})
}

// Closed implements [datachannel.Handler].
func (h *fetchHandler) Closed(_ *datachannel.Link, cause error) {
	h.fetch.post(func() error { return fmt.Errorf("the link has ended: %w; %s", cause, h.fetch.waiting()) })
}
