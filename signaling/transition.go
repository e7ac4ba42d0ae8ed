package signaling

// TransitionRequest asks the server to lift the peer above its parents. Peer to
// server, protocol 4.11. The answer is [TransitionReply].
//
//	{"action":"transition"}
type TransitionRequest struct{}

// Action is "transition".
func (TransitionRequest) Action() string { return "transition" }

func (TransitionRequest) appendFields(*object) {}

// TransitionReply answers a [TransitionRequest]. An absent success is a no.
// Server to peer, protocol 4.11.
//
//	{"action":"transition","success":true}
type TransitionReply struct{ Success bool }

// Action is "transition".
func (TransitionReply) Action() string { return "transition" }

func (m TransitionReply) appendFields(o *object) { o.bool("success", m.Success) }
