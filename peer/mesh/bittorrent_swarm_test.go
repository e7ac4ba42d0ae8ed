package mesh

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// fault is how a peer fails others.
type fault int

const (
	leaves    fault = iota + 1 // without a word, while the others watch
	lacks                      // what it says it holds
	mute                       // when it is asked
	falsifies                  // what it sends
	terse                      // no BITFIELD, no HAVE
)

// film is a swarm of engines on a virtual clock with a player each, an HTTP
// source, and links over which each peer sends one segment at a time: the urgent
// ones first, and none that the other has got elsewhere by now.
type film struct {
	t        *testing.T
	now      time.Duration
	mail     []call
	random   *rand.Rand
	peers    []*viewer
	length   SN
	segment  time.Duration // play time
	size     int64
	httpTime time.Duration // of a whole segment
	uplink   BitRate
	given    int64 // bytes of the HTTP source
	wasted   int64 // bytes of peers that came for nothing
	drops    int
	change   func(*BitTorrentConfig)
}

type call struct {
	at time.Duration
	f  func()
}

// viewer is one peer with its player.
type viewer struct {
	*film
	id      PeerID
	brain   *swarmChecker
	tick    int
	here    map[SN]bool
	fills   map[SN]*tape
	links   map[PeerID]*viewer // open
	dialled map[PeerID]bool
	joined  bool
	began   time.Duration
	uploads []upload
	sending bool
	fault   fault
	gone    bool

	start   SN
	next    SN // to be asked for
	first   time.Duration
	playing time.Duration // when the start segment began to play, plus stalls
	stalled time.Duration
	late    int // segments that came after their play time
	lag     time.Duration
}

// tape is a segment that comes in.
type tape struct {
	attempt int
	from    PeerID
	since   time.Duration
	before  int64
	landed  int64
	waiting bool
}

type upload struct {
	to     *viewer
	sn     SN
	try    int
	urgent bool
}

func newFilm(t *testing.T, seed uint64, uplink BitRate) *film {
	return &film{
		t: t, random: rand.New(rand.NewPCG(seed, 5)), length: 30, segment: 2 * time.Second,
		size: 500_000, httpTime: 300 * time.Millisecond, uplink: uplink,
	}
}

func (f *film) copies() float64 { return float64(f.given) / float64(f.size*int64(f.length)) }

func (f *film) call(after time.Duration, do func()) {
	c := call{f.now + after, do}
	i, _ := slices.BinarySearchFunc(f.mail, c.at, func(a call, at time.Duration) int {
		return cmp.Or(cmp.Compare(a.at, at), -1)
	})
	f.mail = slices.Insert(f.mail, i, c)
}

func (f *film) run(end time.Duration) {
	for len(f.mail) > 0 && f.mail[0].at <= end && !f.t.Failed() {
		c := f.mail[0]
		f.mail = f.mail[1:]
		f.now = c.at
		c.f()
	}
	f.now = end
}

func (f *film) viewer(id PeerID) *viewer {
	for _, p := range f.peers {
		if p.id == id {
			return p
		}
	}
	return nil
}

// join makes a peer whose player begins at a segment.
func (f *film) join(id PeerID, start SN) *viewer {
	p := f.enter(id, start)
	p.step(Listed{First: 0, Last: f.length - 1, Duration: f.segment})
	p.demand()
	p.call(25*time.Second, func() {
		if p.fault == leaves {
			p.leave()
		}
	})
	return p
}

func (f *film) enter(id PeerID, start SN) *viewer {
	c := DefaultBitTorrentConfig()
	c.CacheBytes, c.Seed = 1<<30, f.random.Uint64()
	if f.change != nil {
		f.change(&c)
	}
	p := &viewer{
		film: f, id: id, brain: newSwarmChecker(c), here: map[SN]bool{}, fills: map[SN]*tape{},
		links: map[PeerID]*viewer{}, dialled: map[PeerID]bool{}, began: f.now, start: start, next: start,
	}
	f.peers = append(f.peers, p)
	return p
}

// leave ends a peer. The others see that after a while.
func (p *viewer) leave() {
	p.gone, p.joined = true, false
	for _, q := range p.film.peers {
		if p.links[q.id] == nil {
			continue
		}
		p.call(3*time.Second, func() { q.step(Silent{Peer: p.id}) })
		p.call(6*time.Second, func() {
			delete(q.links, p.id)
			q.step(LinkDown{Peer: p.id, Failed: true})
		})
	}
}

// step feeds the brain and does what it says.
func (p *viewer) step(ev Event) {
	if p.gone {
		return
	}
	if err := p.brain.step(p.now, ev); err != nil {
		p.t.Fatalf("%s: %v", p.id, err)
	}
	do := p.brain.done
	for _, a := range do {
		p.perform(a)
	}
	p.tick++
	n := p.tick
	if p.brain.wake < time.Hour {
		p.call(p.brain.wake-p.now, func() {
			if p.tick == n {
				p.step(Tick{})
			}
		})
	}
}

func (p *viewer) perform(a Action) {
	switch a := a.(type) {
	case Fetch:
		p.call(0, func() { p.open(a.SN, false) })
	case AskOrigin:
		p.fromOrigin(a.SN, a.Delay)
	case AskParent:
		p.fromPeer(a.Peer, a.SN, a.Urgent)
	case GiveUp:
		delete(p.fills, a.SN)
	case Dial:
		p.dialled[a.Peer] = true
		p.call(2*hop, func() {
			if q := p.viewer(a.Peer); q != nil && q.joined {
				q.step(Offered{Peer: p.id})
			}
		})
	case Accept:
		delete(p.dialled, a.Peer)
		q := p.viewer(a.Peer)
		p.call(10*hop, func() {
			if q.dialled[p.id] {
				delete(q.dialled, p.id)
				p.links[q.id], q.links[p.id] = q, p
				q.step(LinkUp{Peer: p.id})
				p.step(LinkUp{Peer: q.id, Child: true})
				p.introduce(q)
				q.introduce(p)
			}
		})
	case GetPeers:
		p.call(hop, p.listPeers)
	case Drop:
		p.drops++
		q := p.viewer(a.Peer)
		delete(p.links, q.id)
		delete(p.dialled, q.id)
		p.call(hop, func() {
			if q.links[p.id] != nil && p.links[q.id] == nil {
				delete(q.links, p.id)
				q.step(LinkDown{Peer: p.id})
			}
		})
	}
}

// introduce sends BITFIELD.
func (p *viewer) introduce(q *viewer) {
	if p.fault != terse {
		p.call(hop, func() { q.step(Holds{From: p.id, SNs: p.holdings()}) })
	}
}

func (p *viewer) holdings() (out []SN) {
	for sn := range p.length {
		if p.here[sn] || p.fault == lacks || p.fault == mute {
			out = append(out, sn)
		}
	}
	return out
}

func (p *viewer) listPeers() {
	var ids []PeerID
	for _, q := range p.peers {
		if q.joined {
			ids = append(ids, q.id)
		}
	}
	p.step(Peers{IDs: ids})
}

// open makes a place for sn.
func (p *viewer) open(sn SN, waiting bool) {
	k := p.fills[sn]
	switch {
	case p.here[sn] || k != nil && (!waiting || k.waiting):
		return
	case k == nil:
		k = &tape{}
		p.fills[sn] = k
	}
	k.waiting = k.waiting || waiting
	p.step(Wanted{SN: sn, Duration: p.segment, PlayAt: time.Duration(sn)*p.segment + p.lag, Waiting: waiting})
}

func (p *viewer) fromOrigin(sn SN, delay time.Duration) {
	k := p.fills[sn]
	p.stop(k)
	k.attempt++
	k.from, k.since, k.before = "", p.now, k.landed
	n, left := k.attempt, p.size-k.landed
	p.call(delay+time.Duration(float64(p.httpTime)*float64(left)/float64(p.size)), func() {
		if p.fills[sn] == k && k.attempt == n {
			p.given += left
			p.arrived(sn, k, left)
		}
	})
}

// stop ends an attempt: what the HTTP source gave until then counts.
func (p *viewer) stop(k *tape) {
	if k.attempt > 0 && k.from == "" {
		p.given += min(p.size, int64(float64(p.now-k.since)/float64(p.httpTime)*float64(p.size)))
	}
}

func (p *viewer) arrived(sn SN, k *tape, bytes int64) {
	delete(p.fills, sn)
	p.here[sn] = true
	for _, q := range p.film.peers {
		if p.links[q.id] != nil && p.fault != terse {
			p.call(hop, func() {
				if q.links[p.id] != nil {
					q.uploads = slices.DeleteFunc(q.uploads, func(u upload) bool { return u.to == p && u.sn == sn })
					q.step(Has{From: p.id, SN: sn})
				}
			})
		}
	}
	if len(p.here) == 1 {
		p.step(Rated{Stream: BitRate(p.size*8) / BitRate(p.segment.Seconds())})
		p.call(2*hop, func() {
			p.joined = true
			p.step(Entered{Self: p.id})
			p.step(RelayUp{})
			p.listPeers()
		})
	}
	if p.now > time.Duration(sn)*p.segment+p.lag {
		p.late++
	}
	p.step(Arrived{SN: sn, From: k.from, Bytes: bytes, Took: p.now - k.since})
	p.play(sn)
}

func (p *viewer) fromPeer(peer PeerID, sn SN, urgent bool) {
	k := p.fills[sn]
	p.stop(k)
	k.attempt++
	k.from, k.since, k.before = peer, p.now, k.landed
	try := k.attempt
	p.call(hop, func() {
		q := p.viewer(peer)
		if q.links[p.id] == nil || p.links[q.id] == nil || q.gone || q.fault == mute {
			return
		}
		q.step(Asked{From: p.id, SN: sn})
		if !q.here[sn] || q.fault == lacks {
			p.call(hop, func() { p.step(Lacked{SN: sn, From: q.id}) })
			return
		}
		q.uploads = append(q.uploads, upload{p, sn, try, urgent})
		q.upload()
	})
}

// upload sends the next segment, the urgent ones first.
func (p *viewer) upload() {
	if p.sending || len(p.uploads) == 0 {
		return
	}
	i := max(0, slices.IndexFunc(p.uploads, func(u upload) bool { return u.urgent }))
	u := p.uploads[i]
	p.uploads = slices.Delete(p.uploads, i, i+1)
	p.sending = true
	takes := time.Duration(float64(p.size*8) / float64(p.uplink) * float64(time.Second))
	for quarter := range int64(4) {
		p.call(takes*time.Duration(quarter)/4+hop, func() {
			if k := u.to.fills[u.sn]; k != nil && k.attempt == u.try && k.from == p.id && !p.gone {
				k.landed = max(k.landed, p.size*quarter/4+1000)
				u.to.step(Progress{SN: u.sn, Bytes: k.landed, Size: p.size})
			}
		})
	}
	p.call(takes, func() {
		p.sending = false
		p.upload()
	})
	p.call(takes+hop, func() {
		if k := u.to.fills[u.sn]; k != nil && k.attempt == u.try && k.from == p.id {
			if p.gone {
				return
			}
			if p.fault == falsifies {
				k.landed = 0
				u.to.step(Failed{SN: u.sn, From: p.id, Reason: BadContent})
				return
			}
			u.to.arrived(u.sn, k, p.size)
		} else {
			p.wasted += p.size
		}
	})
}

// demand is the player asking for the next segment, until it has buffered
// enough.
func (p *viewer) demand() {
	if p.next >= p.length || p.gone {
		return
	}
	sn := p.next
	if due := p.due(sn) - 30*time.Second; p.first > 0 && p.now < due {
		p.call(due-p.now, p.demand)
		return
	}
	if lag := p.now - time.Duration(sn)*p.segment; sn == p.start || lag > p.lag {
		p.lag = lag
	}
	p.step(Demanded{SN: sn})
	if p.here[sn] {
		p.call(0, func() { p.play(sn) })
		return
	}
	p.open(sn, true)
}

// due is when sn is to be played.
func (p *viewer) due(sn SN) time.Duration {
	return p.playing + time.Duration(sn-p.start)*p.segment
}

// play takes a segment into the player's buffer.
func (p *viewer) play(sn SN) {
	if sn != p.next {
		return
	}
	if p.first == 0 {
		p.first, p.playing = p.now-p.began, p.now
	}
	if late := p.now - p.due(sn); late > 0 {
		p.stalled += late
		p.playing += late
	}
	p.next++
	p.call(0, p.demand)
}
