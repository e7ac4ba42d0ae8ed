package signaling

// An Event is what a [Client] or a [Swarm] has to tell. The set is closed.
type Event interface{ event() }

// Accepted says that the scheduler has admitted the peer, anew after each
// reconnection. Whatever held under another peer id is void, a relay included:
// wait for [RelayUp].
type Accepted struct {
	Accept    Accept
	Scheduler string // its URL as configured; of a swarm's tracker its announce URL
}

// Peers lists who is in the swarm: the tracker's answer to an announce, then after
// [Accepted], and to [GetPeers]. It holds at most [MaxEntries] different ids, ours
// not among them, and may be empty. Only a [Swarm] tells it.
type Peers struct{ IDs []PeerID }

// RelayUp says that signals can be sent. It follows every [Accepted], at once
// where signals travel on the scheduler socket.
type RelayUp struct{}

// RelayDown says that signals cannot be sent for now: the relay's socket was
// lost or cannot be opened. It is told once, not for every retry with the same
// cause. [RelayUp] or [Offline] follows.
type RelayDown struct{ Cause error }

// Offline says that the scheduler's socket was lost, or that none could be
// made. It ends the relay as well. While the retries fail it comes again only
// when a scheduler's cause changes.
type Offline struct{ Cause error }

// Received is a message of the scheduler other than an accept, a signal or a
// reject.
type Received struct{ Message Message }

// Signaled is a signal of a remote peer.
type Signaled struct {
	From PeerID
	Data []byte // one JSON object, unread; nil says that From cannot be reached
}

// Refused says that a remote peer will not link with us.
type Refused struct {
	From   PeerID
	Reason string
}

// Rejected says that the server wants nothing of us. The sockets are closed and
// the next try is 10 minutes away (protocol 4.13).
type Rejected struct{ Reason string }

func (Accepted) event()  {}
func (Peers) event()     {}
func (RelayUp) event()   {}
func (RelayDown) event() {}
func (Offline) event()   {}
func (Received) event()  {}
func (Signaled) event()  {}
func (Refused) event()   {}
func (Rejected) event()  {}
