package mesh

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestFilm lets ten peers play a film of 30 segments of 2 s each, together, and
// counts what the HTTP source has to give: 1.0 is the whole film once, 10.0 is
// what it gives without P2P. Nobody may wait longer than with the HTTP source
// alone.
func TestFilm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		most   float64 // copies
		uplink BitRate
		begin  func(i int, r *rand.Rand) (at time.Duration, sn SN)
	}{
		{"all at once", 2.5, 10e6, func(int, *rand.Rand) (time.Duration, SN) { return 0, 0 }},
		{"one every second", 1.8, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * time.Second, 0 }},
		{"one every 5 s", 1.7, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * 5 * time.Second, 0 }},
		{"one every 5 s, thin uplinks", 3.5, 2.5e6, func(i int, _ *rand.Rand) (time.Duration, SN) {
			return time.Duration(i) * 5 * time.Second, 0
		}},
		{"one every 20 s", 1.7, 10e6, func(i int, _ *rand.Rand) (time.Duration, SN) { return time.Duration(i) * 20 * time.Second, 0 }},
		{"anywhere", 1.8, 10e6, func(_ int, r *rand.Rand) (time.Duration, SN) {
			return time.Duration(r.IntN(20000)) * time.Millisecond, SN(r.IntN(25))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sum, wasted float64
			var drops int
			var stalled time.Duration
			const runs = 5
			for seed := range uint64(runs) {
				f := newFilm(t, seed, tt.uplink)
				for i := range 10 {
					at, sn := tt.begin(i, f.random)
					f.call(at, func() { f.join(PeerID(fmt.Sprintf("P%d", i)), sn) })
				}
				f.run(10 * time.Minute)
				sum += f.copies()
				wasted += float64(f.wasted) / float64(f.size)
				drops += f.drops
				for _, p := range f.peers {
					stalled += p.stalled
					if p.next < f.length {
						t.Errorf("%s stopped at segment %d", p.id, p.next)
					}
					if p.first > f.httpTime+100*time.Millisecond {
						t.Errorf("%s began to play after %v", p.id, p.first)
					}
				}
			}
			t.Logf("%s: %.2f copies from the HTTP source, %.0f segments sent for nothing, %d links dropped", tt.name, sum/runs, wasted/runs, drops)
			if sum/runs > tt.most {
				t.Errorf("%.2f copies from the HTTP source, want %.1f at most", sum/runs, tt.most)
			}
			if stalled > 0 {
				t.Errorf("players stood still for %v", stalled)
			}
		})
	}
}

// TestFilmInTrouble: three of ten peers fail the others in some way. Nobody
// stands still for that.
func TestFilmInTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		most  float64 // copies, without those for the three
		fault fault
	}{
		{"they leave", 3, leaves},
		{"they say that they hold all, and lack all", 3, lacks},
		{"they say that they hold all, and never answer", 3, mute},
		{"they send false segments", 3, falsifies},
		{"they say nothing", 3, terse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFilm(t, 1, 10e6)
			for i := range 10 {
				f.call(time.Duration(i)*3*time.Second, func() {
					p := f.join(PeerID(fmt.Sprintf("P%d", i)), 0)
					if i%4 == 1 {
						p.fault = tt.fault
					}
				})
			}
			f.run(10 * time.Minute)
			for _, p := range f.peers {
				if !p.gone && (p.next < f.length || p.stalled > 0) {
					t.Errorf("%s came to segment %d and stood still for %v", p.id, p.next, p.stalled)
				}
			}
			t.Logf("%s: %.2f copies from the HTTP source, %d links dropped", tt.name, f.copies(), f.drops)
			if f.copies() > tt.most {
				t.Errorf("%.2f copies from the HTTP source, want %.1f at most", f.copies(), tt.most)
			}
		})
	}
}

// TestLiveSwarm: ten peers follow a live channel, some seconds behind its edge.
func TestLiveSwarm(t *testing.T) {
	t.Parallel()
	f := newFilm(t, 1, 10e6)
	f.length = 100
	for i := range 10 {
		f.call(time.Duration(i)*200*time.Millisecond, func() {
			p := f.enter(PeerID(fmt.Sprintf("P%d", i)), 0)
			p.lag = 10 * time.Second
			for sn := range f.length {
				p.call(time.Duration(sn)*f.segment+time.Duration(f.random.IntN(1000))*time.Millisecond, func() {
					p.step(Listed{First: max(0, sn-9), Last: sn, Duration: f.segment})
				})
			}
		})
	}
	f.run(5 * time.Minute)
	late := 0
	for _, p := range f.peers {
		late += p.late
		if len(p.here) < int(f.length)-2 {
			t.Errorf("%s has %d segments", p.id, len(p.here))
		}
	}
	t.Logf("%.2f copies from the HTTP source, %d segments came late, %d links dropped", f.copies(), late, f.drops)
	if f.copies() > 1.5 || late > 0 {
		t.Errorf("%.2f copies from the HTTP source, want 1.5 at most", f.copies())
	}
}

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
