package mesh

import "time"

// An Event is something that happened to the peer. The set is closed: see the
// types in this file.
type Event interface{ event() }

// Tick says that the wake-up time has come.
type Tick struct{}

// Wanted says that the agent wants segment SN and has an empty place for it.
// It may come again for the same SN when a player begins to wait for it.
type Wanted struct {
	SN       SN
	Duration time.Duration // the segment's play time
	PlayAt   time.Duration // when the (virtual) playhead reaches it, in the engine's time
	Waiting  bool          // a player is blocked on it right now
	Watched  bool          // a player is there: nothing is gained before PlayAt
	Alone    bool          // no peer is to be asked for it, whatever comes: the HTTP source is alone
}

// Unwanted says that SN left the window, or that what [Fetch] asked for cannot be
// had: whatever is in flight for it is cancelled by the caller, the engine
// forgets it.
type Unwanted struct{ SN SN }

// Progress says that bytes of SN came: Bytes are there in all, of Size (-1:
// unknown). The caller sends it for the first byte that a source brings, and then
// about ten times a second as long as more come, so that a source which has
// stopped is missed. A peer sends the whole once more: Came is what its attempt has
// brought, those bytes included that were there already; 0: what has landed since
// it was asked. Hops is how far it says that the bytes are from the HTTP source; 0:
// it does not, or is the source.
type Progress struct {
	SN    SN
	Bytes int64
	Size  int64
	Came  int64
	Hops  int
}

// Arrived says that SN is complete and verified. Took is the time of the last
// attempt, First that until its first byte (0: not known), Bytes what it brought.
type Arrived struct {
	SN    SN
	From  PeerID // "" for the HTTP source
	Bytes int64
	First time.Duration
	Took  time.Duration
}

// Met says that a peer's bytes of SN have reached those that the HTTP source brings
// from behind ([AskTail]): that goes on alone.
type Met struct{ SN SN }

// Failed says that the attempt to get SN from a source ended without the whole
// segment. What had landed (and is plausible) stays for the next attempt. Of the
// HTTP source while a peer is at it, it says that the end cannot be had from there
// ([AskTail]); the peer's attempt goes on.
type Failed struct {
	SN     SN
	From   PeerID // "" for the HTTP source
	Reason Reason
}

// Lacked says that a parent answered LACK for SN.
type Lacked struct {
	SN   SN
	From PeerID
}

// Reason says why an attempt, a link or a segment failed.
type Reason string

// The reasons. Those of [Failed] first, then those of [Drop],
// [Refuse] and [GiveUp].
const (
	BadSize    Reason = "bad size"    // attachments do not sum up to what PIECE promised
	BadContent Reason = "bad content" // complete, but not a plausible segment
	Broken     Reason = "broken"      // the transfer broke off
	NotFound   Reason = "not found"   // the HTTP source says 404 or 410
	Refused    Reason = "refused"     // the HTTP source answers, but not with the segment
	NoAnswer   Reason = "no answer"   // the HTTP source cannot be reached or stopped sending
	LinkLost   Reason = "link lost"
	TimedOut   Reason = "timed out"
	Lack       Reason = "lack"
	Misses     Reason = "misses"  // too many missed deadlines
	Silence    Reason = "silence" // nothing comes over the link, but over others
	Replaced   Reason = "replaced"
	Ordered    Reason = "ordered" // the scheduler said so
	Stopping   Reason = "stopping"
	Full       Reason = "full"   // no place for one more child or segment
	Idle       Reason = "idle"   // a child that asks for nothing
	Behind     Reason = "behind" // a parent that has long been behind us
	Cycle      Reason = "cycle"  // it is below and above us
)

// Rated says what the stream's bit rate is (measured on HTTP segments).
type Rated struct{ Stream BitRate }

// Offering says what the operator offers to others from now on, in place of what
// the configuration says. Without any uplink or children, those that there are
// have to go.
type Offering struct {
	Uplink      BitRate
	MaxChildren int
}

// Entered says that the scheduler accepted us. A new Self means that every
// earlier link is gone or about to go: the caller reports those with LinkDown.
type Entered struct {
	Self       PeerID
	Substreams int  // 0: not said
	Planned    bool // the scheduler moves peers itself: nobody is to climb
}

// RelayUp says that signals can be sent now.
type RelayUp struct{}

// Offline says that the scheduler is out of reach. Links stay.
type Offline struct{}

// Barred says that the scheduler rejected us: no P2P for ten minutes. The
// caller closes its sockets; the engine drops all links.
type Barred struct{}

// Offered says that a remote peer wants to become our child: an offer came.
type Offered struct{ Peer PeerID }

// Unreachable says that the relay does not know Peer.
type Unreachable struct{ Peer PeerID }

// LinkUp says that the link to Peer is open. Child is true where the remote
// dialled us and so is our child, false where we dialled.
type LinkUp struct {
	Peer  PeerID
	Child bool
}

// LinkDown says that the link to Peer, open or still being made, has ended.
// Failed is true for errors, false where either side closed it on purpose.
type LinkDown struct {
	Peer   PeerID
	Failed bool
}

// Silent says that nothing has come over the open link to Peer for about two
// seconds, though it answers when it lives. The link is still there, and Heard
// or LinkDown will follow.
type Silent struct{ Peer PeerID }

// Heard takes Silent back.
type Heard struct{ Peer PeerID }

// Parents is the scheduler's answer to GetParents: candidates in its order.
type Parents struct{ Nodes []Candidate }

// Candidate is a possible parent with the bandwidth that it has to give. One
// that has none to give now is a standby: it may be linked with, and asked when
// a parent is lost.
type Candidate struct {
	Peer     PeerID
	Residual BitRate
}

// Connect is the scheduler's order to become a child of Peer with one slot.
type Connect struct{ Peer PeerID }

// Disconnect is the scheduler's order to close the links to Peers.
type Disconnect struct{ Peers []PeerID }

// Adopt is the scheduler's order to become a child of Parent in place of the
// parents that we have (protocol 4.12).
type Adopt struct {
	Parent   PeerID
	Residual BitRate // what Parent has to give; negative or no number: not said
}

// Newest says which is the newest whole segment of a parent, as it told, and
// which is ours at the same moment (protocol 3.2, 3.6). It is not what LACK
// gives: that is where a player is, or nothing, and trails the newest segment
// by as much as that player likes.
type Newest struct {
	From         PeerID
	Theirs, Ours SN
}

// Asked says that a REQUEST for SN came from a peer. The caller may leave some
// out when it is busy; without any, children are not known by what they ask.
type Asked struct {
	From PeerID
	SN   SN
}

// Displaced says that DISPLACE came from a peer: it has climbed above us and
// means to be our parent, over the same link (protocol 3.7).
type Displaced struct {
	From       PeerID
	Substreams int // slots that it is to fill; below 1: not said
}

// TransitionReply says whether the scheduler lifts us above our parents
// (protocol 4.11).
type TransitionReply struct{ Success bool }

// TransitionAsked says that TRANSITION came from a peer: Origin, below it or
// itself, wants to climb (protocol 3.8).
type TransitionAsked struct {
	From           PeerID // whose link it came over
	Origin         PeerID
	Uplink         BitRate // of Origin
	TTL, SourceTTL int
}

// Granted says that GRANT came from a peer: Granter, above it or itself, would
// give its place to the peer To (protocol 3.9).
type Granted struct {
	From    PeerID // whose link it came over
	Granter PeerID
	To      PeerID
	Level   int // of Granter: hops from the HTTP source
	TTL     int
	Parents []GrantParent // of Granter
}

// GrantParent is a parent of a peer that grants, with the slots it fills there.
type GrantParent struct {
	Peer       PeerID
	Substreams int
}

// Levelled says how many hops recent segments took from the HTTP source to us;
// 0: not known, or they came from there.
type Levelled struct{ Level int }

// Listed says which segments the source's playlist has, First to Last, how long
// the newest one lasts, and whether more will come. Of swarms only.
type Listed struct {
	First, Last SN
	Duration    time.Duration
	Live        bool
}

// Demanded says that a player asks for SN now, whether it is here or not: that
// is where playback goes on. Of swarms only.
type Demanded struct{ SN SN }

// Evicted says that SN, which had arrived, is not here any more. Of swarms only.
type Evicted struct{ SN SN }

// Peers is the tracker's answer to [GetPeers], and what it says on joining: who
// else is in the swarm (protocol 5.1).
type Peers struct{ IDs []PeerID }

// Holds says which segments a peer has, all of them: it sent BITFIELD (protocol
// 5.2).
type Holds struct {
	From PeerID
	SNs  []SN
}

// Has says that a peer has got SN: it sent HAVE.
type Has struct {
	From PeerID
	SN   SN
}

// HasLost says that a peer has SN no more: it sent LOST.
type HasLost struct {
	From PeerID
	SN   SN
}

func (Tick) event()            {}
func (Wanted) event()          {}
func (Unwanted) event()        {}
func (Progress) event()        {}
func (Arrived) event()         {}
func (Met) event()             {}
func (Failed) event()          {}
func (Lacked) event()          {}
func (Rated) event()           {}
func (Offering) event()        {}
func (Entered) event()         {}
func (RelayUp) event()         {}
func (Offline) event()         {}
func (Barred) event()          {}
func (Offered) event()         {}
func (Unreachable) event()     {}
func (LinkUp) event()          {}
func (LinkDown) event()        {}
func (Silent) event()          {}
func (Heard) event()           {}
func (Parents) event()         {}
func (Connect) event()         {}
func (Disconnect) event()      {}
func (Adopt) event()           {}
func (TransitionAsked) event() {}
func (Granted) event()         {}
func (Levelled) event()        {}
func (Newest) event()          {}
func (Asked) event()           {}
func (Displaced) event()       {}
func (TransitionReply) event() {}
func (Listed) event()          {}
func (Demanded) event()        {}
func (Evicted) event()         {}
func (Peers) event()           {}
func (Holds) event()           {}
func (Has) event()             {}
func (HasLost) event()         {}
