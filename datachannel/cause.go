package datachannel

import "errors"

// Why a link ended: what [Handler.Closed] and [Link.Err] give, besides what was
// handed to [Link.Close]. Causes may wrap more; compare with errors.Is.
var (
	// ErrClosedByPeer means the remote left on purpose: CLOSE, a channel closed
	// cleanly, or a connection torn down by its user.
	ErrClosedByPeer = errors.New("closed by the peer")
	// ErrClosed is the cause of a link closed without one, and of all links of a
	// closed [Host].
	ErrClosed = errors.New("link closed")
	// ErrRemoteError means the remote sent ERROR.
	ErrRemoteError = errors.New("the peer reported an error")
	// ErrFailed means the connection could not be made or broke.
	ErrFailed = errors.New("connection failed")
	// ErrTimeout means the channel was not open in time.
	ErrTimeout = errors.New("connection not open in time")
	// ErrMisbehaved means the remote broke the protocol too often or too grossly.
	ErrMisbehaved = errors.New("the peer broke the protocol")
	// ErrStalled means the remote takes nothing while messages pile up.
	ErrStalled = errors.New("the peer takes no messages")
)

// Why a piece ended early: what [Sink.Finish] gives, besides the link's cause.
var (
	// ErrBadSize means the attachments do not add up to the announced size. It
	// counts as a strike already.
	ErrBadSize = errors.New("attachments do not add up to the size")
	// ErrReplaced means the next PIECE began before this one was complete.
	ErrReplaced = errors.New("replaced by another piece")
	// ErrBrokenOff means the sender broke the piece off with a LACK.
	ErrBrokenOff = errors.New("broken off by the sender")
)

// Errors of calls.
var (
	// ErrNotOpen means the channel of the link is not open yet.
	ErrNotOpen = errors.New("link not open")
	// ErrBadSignal means a signal that is no signal object.
	ErrBadSignal = errors.New("bad signal")
	// ErrUnexpectedSignal means an offer for a link that exists already, or
	// anything but an offer for a new one.
	ErrUnexpectedSignal = errors.New("unexpected signal")
)

// Deliberate reports whether a cause is a clean close by either side rather
// than a failure.
func Deliberate(cause error) bool {
	for _, failure := range []error{ErrFailed, ErrRemoteError, ErrTimeout, ErrMisbehaved, ErrStalled} {
		if errors.Is(cause, failure) {
			return false
		}
	}
	return true
}
