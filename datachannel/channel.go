package datachannel

import (
	"errors"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"
)

// channel is what a link needs of a detached data channel.
type channel interface {
	ReadDataChannel(p []byte) (n int, text bool, err error)
	WriteDataChannel(p []byte, text bool) (int, error)
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	BufferedAmount() uint64
	SetBufferedAmountLowThreshold(n uint64)
	OnBufferedAmountLow(f func())
	Close() error
}

var _ channel = (*datachannel.DataChannel)(nil)

// arrival is a channel that has opened and is not in use yet.
type arrival struct {
	channel
	theirs bool // made by the remote
}

// arrived takes a channel that has opened.
func (l *Link) arrived(dc *webrtc.DataChannel, theirs bool) {
	detached, err := dc.DetachWithDeadline()
	if err != nil {
		l.fail("detaching the channel", err)
		return
	}
	ch, ok := detached.(channel)
	if !ok {
		l.fail("detaching the channel", errors.ErrUnsupported)
		return
	}
	select {
	case l.channels <- arrival{ch, theirs}:
		l.noticeChannel()
	default:
		l.dismiss(ch)
	}
}

// noticeChannel wakes the reader if a further channel has arrived.
func (l *Link) noticeChannel() {
	if ch := l.channel(); ch != nil && len(l.channels) > 0 {
		l.wake(ch, time.Now())
	}
}

// use makes a channel the one that the link reads and writes.
func (l *Link) use(ch channel) {
	ch.OnBufferedAmountLow(func() {
		select {
		case l.drained <- struct{}{}:
		default:
		}
	})
	l.ch.Store(&ch)
}

// further decides about a channel that came after the one in use. If both sides
// made an offer at the same time the remote may speak only on the channel that
// it made itself (protocol 16.15): ours gives way as long as it is silent. Any
// other further channel is closed.
func (l *Link) further(heard bool) {
	l.wake(l.channel(), time.Time{})
	select {
	case a := <-l.channels:
		switch {
		case !a.theirs: // the remote's was open first; ours stays silent
		case l.initiator && !heard:
			l.use(a.channel)
		default:
			l.dismiss(a)
		}
	default:
	}
}

func (l *Link) dismiss(ch channel) {
	if err := ch.Close(); err != nil {
		l.log.Debug("closing a surplus channel", "error", err)
	}
}
