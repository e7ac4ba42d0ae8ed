package datachannel

import "time"

// outbound is the state of what leaves on a link, kept by the writing goroutine.
type outbound struct {
	link    *Link
	scratch []byte // for the next control message
	flow    flow
	timer   *time.Timer
	greeted bool // CAPS has been sent
	left    int  // attachments of the piece that is being sent
	watched watched
}

// write is the writing goroutine: it alone writes to the channel, until the link
// is closing, and then closes the channel.
func (l *Link) write() {
	out := outbound{link: l, flow: flow{most: int(l.host.cfg.HighWater)}, timer: time.NewTimer(0), watched: l.watched(true)}
	defer out.timer.Stop()
	for {
		out.watch()
		var err error
		select {
		case <-l.closing:
			out.leave()
			out.watched.end(l.cause)
			return
		case <-l.drained:
			out.flow.acknowledged(time.Now(), l.channel().BufferedAmount(), true)
		case m := <-l.outbox:
			err = out.control(m)
		case f := <-l.frames:
			err = out.frame(f)
		case m := <-l.brokenOff:
			err = out.message(m)
			out.watched.end(ErrBrokenOff)
			<-l.turn // left to us by SendPiece
		}
		if err != nil {
			l.writeFailed(err)
		}
	}
}

// control writes a message of the outbox, and behind the first one CAPS: in a
// swarm the first has to be BITFIELD, and from a child it is the REQUEST that a
// piece will answer. A parent that has nothing else to say greets behind its first
// piece.
func (out *outbound) control(m Message) error {
	if err := out.message(m); err != nil {
		return err
	}
	return out.greet()
}

// greet sends CAPS, once.
func (out *outbound) greet() error {
	if out.greeted {
		return nil
	}
	out.greeted = true
	return out.message(Caps{Packet: min(largePacket, out.link.host.cfg.MaxMessage), Polluted: true})
}

// frame writes a part of a piece, when the path has room for it.
func (out *outbound) frame(f frame) error {
	if f.header != nil {
		out.link.rate.Store(int64(out.flow.rate.best))
		out.watched.begin(*f.header)
		out.left = f.header.Attachments
		return out.message(*f.header)
	}
	if ok, err := out.await(len(f.data)); !ok {
		return err
	}
	out.watched.add(len(f.data))
	err := out.hand(f.data, false)
	if out.watched.count == out.watched.piece.Attachments {
		out.watched.end(nil)
	}
	if out.left--; err == nil && out.left == 0 {
		return out.greet()
	}
	return err
}

// message writes a control message, in the form that the remote knows.
func (out *outbound) message(m Message) error {
	if lack, ok := m.(Lack); ok && out.link.swarm.Load() {
		m = pieceNotFound(lack)
	}
	out.scratch = Append(out.scratch[:0], m)
	out.watched.text(out.scratch)
	out.flow.acknowledged(time.Now(), out.link.channel().BufferedAmount(), false)
	return out.hand(out.scratch, true)
}

// hand gives the channel a message, when the flow knows what has been acknowledged.
func (out *outbound) hand(data []byte, text bool) error {
	out.flow.wrote(time.Now(), len(data))
	_, err := out.link.channel().WriteDataChannel(data, text)
	return err
}

// watch lets the channel tell when the oldest message under way has arrived: that
// teaches the flow something also while there is nothing to write.
func (out *outbound) watch() {
	ch := out.link.channel()
	for low, ok := out.flow.oldest(); ok; low, ok = out.flow.oldest() {
		ch.SetBufferedAmountLowThreshold(low)
		buffered := ch.BufferedAmount()
		if buffered > low {
			return
		}
		out.flow.acknowledged(time.Now(), buffered, false) // nobody has told: it may be a while ago
	}
}

// await waits until n bytes may leave; false once the link is closing. Control
// messages do not wait for that.
func (out *outbound) await(n int) (bool, error) {
	ch := out.link.channel()
	out.flow.most = out.link.host.share()
	for waited := false; ; waited = true {
		now := time.Now()
		out.flow.acknowledged(now, ch.BufferedAmount(), waited)
		ok, low, wait := out.flow.mayWrite(now, n)
		if ok {
			return true, nil
		}
		var timeout <-chan time.Time
		if wait > 0 {
			out.timer.Reset(wait)
			timeout = out.timer.C
		}
		ch.SetBufferedAmountLowThreshold(low)
		if len(out.flow.sent) > 0 && ch.BufferedAmount() <= low {
			continue
		}
		select {
		case <-timeout:
		case <-out.link.drained:
		case m := <-out.link.outbox:
			if err := out.control(m); err != nil {
				return false, err
			}
		case <-out.link.closing:
			return false, nil
		}
	}
}

// writeFailed waits until the link is closing. Why a write failed is best known
// to the reader, which tells a channel closed cleanly from a broken one: it gets
// a moment to find out.
func (l *Link) writeFailed(err error) {
	timeout := time.NewTimer(flushTime)
	defer timeout.Stop()
	select {
	case <-l.closing:
	case <-timeout.C:
		l.fail("writing", err)
	}
}

// leave closes the channel in good order: CLOSE, drain, reset. The reader then
// ends when the remote has reset its side too, or at the deadline.
func (out *outbound) leave() {
	l, ch := out.link, out.link.channel()
	if !l.peerIsGone() {
		l.expire(ch.SetWriteDeadline)
		if err := out.message(Close{}); err != nil {
			l.log.Debug("sending CLOSE", "error", err)
		}
		l.drain(ch)
	}
	if err := ch.Close(); err != nil {
		l.log.Debug("closing the channel", "error", err)
	}
	l.expire(ch.SetReadDeadline)
}

// drain waits until everything sent has been acknowledged, for the flush time at most.
func (l *Link) drain(ch channel) {
	timeout := time.NewTimer(flushTime)
	defer timeout.Stop()
	ch.SetBufferedAmountLowThreshold(0)
	for ch.BufferedAmount() > 0 {
		select {
		case <-l.drained:
		case <-timeout.C:
			return
		}
	}
}
