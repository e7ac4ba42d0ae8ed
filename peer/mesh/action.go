package mesh

import "time"

// An Action is something the agent is to do. The set is closed: see the types
// in this file. The engine assumes that each is carried out, and hears of the
// outcome by events.
type Action interface{ action() }

// AskParent: send REQUEST for SN to Peer. It takes the place of any attempt
// for SN that is in flight; what has landed so far is not asked for again
// where the source can resume (peers cannot).
type AskParent struct {
	Peer   PeerID
	SN     SN
	Urgent bool // to be served before what is not (protocol 5.2); of swarms only
}

// AskOrigin: fetch SN by HTTP after Delay, from where the segment stands now.
// It takes the place of any attempt for SN that is in flight.
type AskOrigin struct {
	SN    SN
	Delay time.Duration // 0: at once; more: a retry, or there is time
}

// AskTail: fetch the end of SN, from byte From on, by HTTP, beside the peer that is at
// it and goes on up to there. It has come with [Arrived], or [Met] where the peer is
// done with its part before. Other attempts that follow bring what is before From as
// well, until they meet it.
type AskTail struct {
	SN   SN
	From int64
}

// Fetch: make an empty place for SN ahead of the players and answer with
// [Wanted], or with [Unwanted] where that cannot be. Nothing is to be done for
// a segment that is here or on its way.
type Fetch struct{ SN SN }

// GiveUp: no source can deliver SN; whoever waits for it gets an error.
type GiveUp struct {
	SN     SN
	Reason Reason
}

// Dial: make a link to Peer, we are its child.
type Dial struct{ Peer PeerID }

// Accept: answer the offer of Peer. An earlier link to it is closed first.
type Accept struct{ Peer PeerID }

// Refuse: do not answer the offer of Peer.
type Refuse struct {
	Peer   PeerID
	Reason Reason
}

// Drop: close the link to Peer (CLOSE, drain, close). The engine has forgotten
// it already; a LinkDown that follows is ignored.
type Drop struct {
	Peer   PeerID
	Reason Reason
}

// GetParents: ask the scheduler for candidates.
type GetParents struct{}

// GetPeers: ask the tracker who is in the swarm.
type GetPeers struct{}

// ReportOpened: tell the scheduler that a link fills Substreams slots of Rate
// bit/s each. Exactly one of Parent and Child is set: the remote's role. A
// Child is one that was our parent and has changed places with us.
type ReportOpened struct {
	Parent, Child PeerID
	Substreams    int
	Rate          BitRate
}

// ReportClosed: tell the scheduler that a link closed. Exactly one of Parent
// and Child is set: the remote's role.
type ReportClosed struct {
	Parent, Child PeerID
	Substreams    int
	Rate          BitRate
}

// ReportFailed: tell the scheduler that a link could not be made or died with
// an error. Exactly one of Parent and Child is set: the remote's role.
type ReportFailed struct{ Parent, Child PeerID }

// Displace: send DISPLACE to Peer over the open link. It was our parent and
// is our child from now on; the link stays (protocol 3.7).
type Displace struct {
	Peer       PeerID
	Substreams int // that it filled, at least 1
}

// AskAdopt: ask the scheduler to send Peer, an ancestor of ours, below us
// (protocol 4.12).
type AskAdopt struct{ Peer PeerID }

// SendTransition: send TRANSITION to the parent Peer, our own or one that is
// passed on (protocol 3.8).
type SendTransition struct {
	Peer           PeerID
	Origin         PeerID  // who wants to climb
	Uplink         BitRate // of Origin
	TTL, SourceTTL int
}

// SendGrant: send GRANT to the child Peer, our own or one that is passed on
// (protocol 3.9).
type SendGrant struct {
	Peer    PeerID
	Granter PeerID
	To      PeerID // who wants to climb
	Level   int    // of Granter: hops from the HTTP source
	TTL     int
	Parents []GrantParent // of Granter, at most 16
}

// Ignored: a message of From ("": the scheduler) is not heeded, as it makes no
// sense or does harm. There is nothing to do but to count it. It comes at most
// once per step and offence.
type Ignored struct {
	From PeerID
	What Offence
}

func (AskParent) action()      {}
func (AskOrigin) action()      {}
func (AskTail) action()        {}
func (Fetch) action()          {}
func (GiveUp) action()         {}
func (Dial) action()           {}
func (Accept) action()         {}
func (Refuse) action()         {}
func (Drop) action()           {}
func (GetParents) action()     {}
func (GetPeers) action()       {}
func (ReportOpened) action()   {}
func (ReportClosed) action()   {}
func (ReportFailed) action()   {}
func (Displace) action()       {}
func (AskAdopt) action()       {}
func (SendTransition) action() {}
func (SendGrant) action()      {}
func (Ignored) action()        {}
