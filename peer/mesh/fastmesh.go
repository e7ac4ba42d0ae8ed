package mesh

import "time"

// Fastmesh is the engine for live channels: the scheduler assigns parents,
// each of them fills slots, and the segments of a stream go round robin over
// the slots (protocol 7.1 to 7.7, mesh 6.2).
//
// A step has two halves. First the event changes what we know: which links
// there are, which segments are wanted. Then settle brings everything in line
// with that and with the time: segments whose parent is gone or late get
// another source, queued requests are sent, free slots get candidates. So a
// rule is written once, whatever event makes it apply.
type Fastmesh struct {
	core
	cfg    Config
	stream BitRate // 0: unknown
	// reportAgain is when the scheduler may be told of the parents once more.
	reportAgain time.Duration

	segments segments
	http     httpTime
	segment  time.Duration // length of the newest that was wanted; 0: unknown

	slots       slots
	links       links
	quarantine  quarantine
	lastFailure failure // of a link
	search      search
	lists       pace // of candidates
	orders      pace // of the scheduler to dial somebody
	standby     standby

	hops   int // of recent segments; 0: not known
	climb  climb
	routes routes
	swap   swap
	asks   bool // the caller tells what children ask for
}

var _ Engine = (*Fastmesh)(nil)

// NewFastmesh makes an engine that holds no links and wants nothing. It panics
// if c is not valid: see [Config.Validate].
func NewFastmesh(c Config) *Fastmesh {
	if err := c.Validate(); err != nil {
		panic("mesh: " + err.Error())
	}
	return &Fastmesh{
		core: newCore(c.Seed), cfg: c, slots: make(slots, c.Substreams),
		quarantine: newQuarantine(c.Quarantine, c.MaxQuarantine),
		search:     newSearch(),
	}
}

// Step implements [Engine].
func (f *Fastmesh) Step(now time.Duration, ev Event) (do []Action, wake time.Duration) {
	f.begin(now)
	f.take(ev)
	f.settle()
	return f.done(), f.wake()
}

func (f *Fastmesh) take(ev Event) {
	switch ev := ev.(type) {
	case Wanted:
		f.wanted(ev)
	case Unwanted:
		f.forget(f.segments.find(ev.SN))
	case Progress:
		f.progress(ev)
	case Arrived:
		f.arrived(ev)
	case Met:
		f.met(ev.SN)
	case Failed:
		f.failed(ev)
	case Lacked:
		f.lacked(ev)
	case Newest:
		f.newest(ev)
	case Asked:
		f.asked(ev)
	case Rated:
		f.stream = ev.Stream.stream()
	case Offering:
		f.offer(ev)
	default:
		f.takeControl(ev)
	}
}

// takeControl takes the events about links and the scheduler.
func (f *Fastmesh) takeControl(ev Event) {
	switch ev := ev.(type) {
	case Entered:
		f.entered(ev)
	case RelayUp:
		f.relayUp()
	case Offline:
		f.standing = outside
		f.stopClimb()
	case Barred:
		f.barred()
	case Offered:
		f.offered(ev.Peer)
	case Unreachable:
		f.unreachable(ev.Peer)
	case LinkUp:
		f.linkUp(ev)
	case LinkDown:
		f.linkDown(ev)
	case Silent:
		f.silent(ev.Peer)
	case Heard:
		f.heard(ev.Peer)
	case Parents:
		f.candidates(ev.Nodes)
	case Connect:
		f.connect(ev.Peer)
	case Disconnect:
		f.disconnect(ev.Peers)
	default:
		f.takeMove(ev)
	}
}

// takeMove takes the events that change who is above whom.
func (f *Fastmesh) takeMove(ev Event) {
	switch ev := ev.(type) {
	case Adopt:
		f.adopt(ev)
	case Displaced:
		f.displaced(ev)
	case TransitionReply:
		f.lifted(ev.Success)
	case TransitionAsked:
		f.askedForTransition(ev)
	case Granted:
		f.granted(ev)
	case Levelled:
		f.hops = min(max(ev.Level, 0), maxLevel)
	}
}

// settle does what follows from the state and the time. Afterwards no timer
// is due.
func (f *Fastmesh) settle() {
	f.expireLinks()
	f.announce()
	f.ascend()
	f.forsake()
	f.failOver()
	f.expireSegments()
	f.sendQueued()
	f.recruit()
	f.keepStandby()
}

func (f *Fastmesh) wake() time.Duration {
	return min(f.nextSegment(), f.nextLink(), f.nextAnnouncement(), f.nextSearch(), f.nextStandby(), f.nextAscent(), f.nextForsaking())
}
