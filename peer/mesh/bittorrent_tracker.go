package mesh

import "time"

const (
	// aloneFor is how long the tracker is left alone once it knows of nobody else:
	// newcomers hear of us.
	aloneFor = time.Minute
	// newFor is about how long after we can be reached those can be, too, who come
	// at the same moment, as at the beginning of a show.
	newFor = 500 * time.Millisecond
)

// entered takes our identity.
func (b *BitTorrent) entered(ev Entered) {
	if ev.Self != b.self {
		b.gather(firstGathering, true)
	}
	b.enter(ev.Self)
}

// relayUp joins the swarm. The tracker says on its own who is in it.
func (b *BitTorrent) relayUp() {
	if b.join() {
		b.inquiry = inquiry{fed: b.inquiry.fed, askAt: b.now + b.spread(newFor)}
	}
}

// barred drops all links.
func (b *BitTorrent) barred() {
	b.standing = rejected
	for len(b.neighbours) > 0 {
		b.drop(b.neighbours[0], Ordered)
	}
}

// peers takes the tracker's list.
func (b *BitTorrent) peers(ids []PeerID) {
	if len(ids) > maxNamed {
		b.ignore("", TooMany)
		ids = ids[:maxNamed]
	}
	alone := true
	for _, id := range ids {
		if id != "" && id != b.self {
			b.known.meet(id, b.random)
			alone = false
		}
	}
	switch {
	case !alone:
		b.inquiry.askAt = max(b.inquiry.askAt, b.now+backOff(0))
		b.gather(laterGathering, true)
	case b.standing != joined: // others may be about to come, as we are
		b.gatherUntil = min(b.gatherUntil, b.now+firstGathering)
	default:
		b.inquiry.askAt = max(b.inquiry.askAt, b.now+b.spread(aloneFor))
		b.gatherUntil = min(b.gatherUntil, b.now)
	}
}

// recruit dials peers of the tracker's list until two thirds of the places are
// taken: the others are for those who dial us. If there are too few left, the
// tracker is asked for more.
func (b *BitTorrent) recruit() {
	b.searchAt = Never
	if b.standing != joined {
		return
	}
	for len(b.neighbours) < (2*b.cfg.Neighbours+2)/3 {
		peer := b.known.pick(b.mayDial, b.random)
		if peer == "" {
			break
		}
		b.neighbours.add(peer, dialling, b.now)
		b.act(Dial{Peer: peer})
	}
	few := b.cfg.Neighbours / 2
	b.inquiry.observe(b.now, b.neighbours.count() > few)
	if len(b.neighbours) > few {
		return
	}
	if b.now >= b.inquiry.askAt {
		b.act(GetPeers{})
		b.inquiry.asked(b.now, b.spread)
	}
	b.searchAt = b.inquiry.askAt
	b.remind(b.searchAt)
}

// mayDial says whether peer can be dialled now.
func (b *BitTorrent) mayDial(peer PeerID) bool {
	if peer == b.self || b.neighbours.find(peer) != nil {
		return false
	}
	until := b.quarantine.sentences[peer].until
	b.remind(until)
	return b.now >= until
}

const (
	// firstGathering is the time that a new peer of a swarm, and laterGathering
	// the time that one which knows of others, needs to find its first
	// neighbours.
	firstGathering = 5 * time.Second
	laterGathering = 3 * time.Second
	// greeting is the time within which those send BITFIELD who do.
	greeting = time.Second
)

// gather makes room for finding the first neighbours; again says that it is no
// matter whether that was done before.
func (b *BitTorrent) gather(span time.Duration, again bool) {
	if again || b.gatherUntil == Never {
		b.gatherUntil = b.now + span
	}
}

// gathered is when we know our first neighbours, as far as can be told. Now, or
// before: we do.
func (b *BitTorrent) gathered() time.Duration {
	at := time.Duration(0)
	for n := range b.neighbours.met() {
		if n.listed {
			return 0
		}
		at = max(at, n.since+greeting)
	}
	switch {
	case at > 0, b.standing == rejected, b.gatherUntil == Never:
		return at
	default:
		return b.gatherUntil
	}
}
