package mesh

import "time"

// BitTorrent is the engine for films, and for live channels that may lag: peers
// tell each other what they hold and ask whom they like (protocol 7.10).
//
// What is wanted is what a player asks for, the segments next to that, from
// wherever they can be had in time (see [BitTorrent.fetchAhead]), and those far
// ahead that are rare among our neighbours, from these only (see
// [BitTorrent.fetchRare]). What no neighbour holds one of us fetches for all
// (see [BitTorrent.turn]).
//
// As in [Fastmesh], a step has two halves: the event changes what we know, then
// settle brings everything in line with that and with the time. A rule of settle
// that waits for a moment says so itself, with remind.
type BitTorrent struct {
	core
	cfg    BitTorrentConfig
	due    time.Duration // when settle has something to do
	stream BitRate       // 0: unknown

	segments segments
	http     httpTime

	list     list
	demanded SN // of a player, the newest; noSN: none yet
	have     holdings
	fetches  fetches
	rareAt   time.Duration // when rare segments may be looked for again
	news     bool          // something has changed since they were looked for

	neighbours  neighbours
	known       acquaintances
	quarantine  quarantine
	inquiry     inquiry
	searchAt    time.Duration // when the tracker is asked next; Never: no need
	gatherUntil time.Duration // until when the first neighbours may be awaited
	asks        bool          // the caller tells what others ask for
}

var _ Engine = (*BitTorrent)(nil)

// NewBitTorrent makes an engine that holds no links and wants nothing. It panics
// if c is not valid: see [BitTorrentConfig.Validate].
func NewBitTorrent(c BitTorrentConfig) *BitTorrent {
	if err := c.Validate(); err != nil {
		panic("mesh: " + err.Error())
	}
	return &BitTorrent{
		core: newCore(c.Seed), cfg: c, due: Never, demanded: noSN,
		have: holdings{}, fetches: fetches{}, gatherUntil: Never,
		quarantine: newQuarantine(c.Quarantine, c.MaxQuarantine),
		inquiry:    newInquiry(), searchAt: Never,
	}
}

// Step implements [Engine].
func (b *BitTorrent) Step(now time.Duration, ev Event) (do []Action, wake time.Duration) {
	b.begin(now)
	changed := b.take(ev)
	b.news = b.news || changed
	if changed || b.now >= b.due {
		b.settle()
	}
	return b.done(), b.due
}

// take takes an event in and says whether anything may follow from it. Of what
// comes most often, nothing does.
func (b *BitTorrent) take(ev Event) bool {
	switch ev := ev.(type) {
	case Tick:
		return false
	case Has:
		return b.has(ev)
	case HasLost:
		b.hasLost(ev)
		return false
	case Asked:
		b.asked(ev)
		return false
	case Progress:
		return b.progress(ev)
	case Holds:
		b.holds(ev)
	case Wanted:
		b.wanted(ev)
	case Unwanted:
		b.unwanted(ev.SN)
	case Arrived:
		b.arrived(ev)
	case Met:
		b.met(ev.SN)
	case Failed:
		b.failed(ev)
	case Lacked:
		b.lacked(ev)
	case Listed:
		b.listed(ev)
	case Demanded:
		b.demand(ev.SN)
	case Evicted:
		b.evicted(ev.SN)
	case Rated:
		b.stream = ev.Stream.stream()
	default:
		b.takeControl(ev)
	}
	return true
}

// takeControl takes the events about links and the tracker. Those of trees are
// none of ours.
func (b *BitTorrent) takeControl(ev Event) {
	switch ev := ev.(type) {
	case Entered:
		b.entered(ev)
	case RelayUp:
		b.relayUp()
	case Offline:
		b.standing = outside
	case Barred:
		b.barred()
	case Peers:
		b.peers(ev.IDs)
	case Offered:
		b.offered(ev.Peer)
	case Unreachable:
		b.unreachable(ev.Peer)
	case LinkUp:
		b.linkUp(ev)
	case LinkDown:
		b.linkDown(ev)
	case Silent:
		b.silent(ev.Peer)
	case Heard:
		b.heard(ev.Peer)
	default:
		b.takeForeign(ev)
	}
}

// takeForeign ignores what only the peers of a tree tell each other.
func (b *BitTorrent) takeForeign(ev Event) {
	switch ev := ev.(type) {
	case Displaced:
		b.ignore(ev.From, NotParent)
	case TransitionAsked:
		b.ignore(ev.From, NotChild)
	case Granted:
		b.ignore(ev.From, NotParent)
	}
}

// settle does what follows from the state and the time. Afterwards no timer
// is due.
func (b *BitTorrent) settle() {
	b.due = Never
	b.expireLinks()
	b.expireRequests()
	b.chooseSources()
	b.fetchAhead()
	b.fetchRare()
	b.recruit()
}

// remind makes settle look again at the time at.
func (b *BitTorrent) remind(at time.Duration) {
	if at > b.now {
		b.due = min(b.due, at)
	}
}
