package tracker

import "hlspeer/signaling"

// An Event is what happens to a [Room]. The set is closed.
type Event interface{ event() }

// Joined says that a peer has sent its enter under an id given to it. Place is where
// the server finds it to be; what it says in enter counts more.
type Joined struct {
	Peer  signaling.PeerID
	Enter signaling.Enter
	Place Place
}

// Left says that a peer has sent leave, or that its scheduler socket is gone.
type Left struct{ Peer signaling.PeerID }

// RelayUp says that signals reach the peer from now on.
type RelayUp struct{ Peer signaling.PeerID }

// RelayDown says that signals do not reach the peer any more.
type RelayDown struct{ Peer signaling.PeerID }

// Measured says what uplink the server itself has seen a peer to have, in bit/s.
type Measured struct {
	Peer   signaling.PeerID
	Uplink signaling.BitRate
}

// Message is what a peer has said on its scheduler socket.
type Message struct {
	From    signaling.PeerID
	Message signaling.Message
}

// Tick says only that time has passed.
type Tick struct{}

func (Joined) event()    {}
func (Left) event()      {}
func (RelayUp) event()   {}
func (RelayDown) event() {}
func (Measured) event()  {}
func (Message) event()   {}
func (Tick) event()      {}

// An Out is a message for a peer's scheduler socket.
type Out struct {
	To      signaling.PeerID
	Message signaling.Message
}
