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
	Peer PeerID
	SN   SN
}

// AskOrigin: fetch SN by HTTP after Delay, from where the segment stands now.
// It takes the place of any attempt for SN that is in flight.
type AskOrigin struct {
	SN    SN
	Delay time.Duration // 0: at once; more: a retry, or there is time
}

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

// ReportOpened: tell the scheduler that the link to our parent fills
// Substreams slots of Rate bit/s each.
type ReportOpened struct {
	Parent     PeerID
	Substreams int
	Rate       BitRate
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

func (AskParent) action()    {}
func (AskOrigin) action()    {}
func (GiveUp) action()       {}
func (Dial) action()         {}
func (Accept) action()       {}
func (Refuse) action()       {}
func (Drop) action()         {}
func (GetParents) action()   {}
func (ReportOpened) action() {}
func (ReportClosed) action() {}
func (ReportFailed) action() {}
