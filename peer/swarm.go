package peer

import (
	"math"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

// chooseEngine settles, with the first playlist, how the segments travel. It
// stays like that: a channel that ends goes on as it was.
func (t *track) chooseEngine(m *hls.Media) {
	if t.engine != "" {
		return
	}
	t.engine = t.kit.cfg.engineFor(m.Ended)
	if t.private {
		t.engine = EngineNone
	}
	if t.engine == EngineBitTorrent {
		t.ahead.Store(math.MaxInt64) // nothing comes by itself
		t.brain = t.newBrain()
	}
}

// engineFor is the engine of a playlist, by whether it has ended.
func (c *Config) engineFor(ended bool) EngineKind {
	kind := c.Engine
	if kind == EngineAuto {
		kind = EngineFastmesh
		if ended {
			kind = EngineBitTorrent
		}
	}
	switch {
	case kind == EngineFastmesh && (ended || len(c.Schedulers) == 0), kind == EngineBitTorrent && len(c.Announces) == 0:
		return EngineNone
	}
	return kind
}

// newBrain makes the brain of the engine, and an empty plan for it.
func (t *track) newBrain() mesh.Engine {
	cfg := &t.kit.cfg
	if t.engine == EngineBitTorrent {
		c := mesh.DefaultBitTorrentConfig()
		c.P2PDeadline, c.CacheBytes = cfg.P2PDeadline, cfg.CacheBytes/int64(max(1, t.kit.sharing.Load()))
		t.plan = planLog{config: c.Script()}
		return mesh.NewBitTorrent(c)
	}
	c := mesh.DefaultConfig()
	c.Substreams, c.MaxChildren, c.P2PDeadline = cfg.Substreams, t.kit.children(), cfg.P2PDeadline
	c.Uplink = mesh.BitRate(t.kit.claim.offer())
	c.Climb = true // unless the tracker plans who stands where
	t.plan = planLog{config: c.Script()}
	return mesh.NewFastmesh(c)
}

// swarms says that the track's engine is bittorrent. It may be called by
// everybody who has a link: by then it is settled.
func (t *track) swarms() bool { return t.engine == EngineBitTorrent }

// gives says that other peers of the swarm may have something from us.
func (t *track) gives() bool { return t.kit.children() > 0 }

// children is how many peers may be served at once, by track; 0 where nothing is
// offered.
func (k *kit) children() int {
	if k.claim.offer() == 0 {
		return 0
	}
	return k.cfg.MaxChildren
}

// listedForSwarm tells the brain what there is. The tracker hears of us with the
// first segment (protocol 7.10).
func (t *track) listedForSwarm() {
	first, last, ok := t.win.bounds()
	if !ok {
		return
	}
	if t.live {
		t.head.follow(t.segment)
	}
	t.session.planned = true
	t.step(mesh.Listed{First: mesh.SN(first), Last: mesh.SN(last), Duration: t.segment, Live: t.live})
}

// fetchFor makes a place for what the brain wants ahead of the players.
func (t *track) fetchFor(sn mesh.SN) {
	e, ok := t.win.segment(hls.SN(sn))
	if !ok || !e.exists() {
		t.step(mesh.Unwanted{SN: sn})
		return
	}
	switch seg, filler := t.ring.Open(cache.SN(sn)); {
	case filler != nil:
		t.open(e, filler, false)
	case t.fills[e.SN] != nil:
		t.want(t.fills[e.SN])
	case seg.Sealed():
		t.step(mesh.Arrived{SN: sn})
	}
}

// holdings are the segments that the brain knows to be here, and with it the
// swarm. They belong to the loop.
type holdings struct {
	sns       map[hls.SN]bool // true: others may ask for it
	evictions uint64          // of the ring, when sns was last compared with it
}

// tellHave says that a segment is here from now on.
func (t *track) tellHave(e entry) {
	if !t.swarms() {
		return
	}
	if t.held.sns == nil {
		t.held.sns = map[hls.SN]bool{}
	}
	t.held.sns[e.SN] = e.travels()
	if e.travels() {
		t.broadcast(datachannel.Have{SN: datachannel.SN(e.SN)})
	}
}

// tellLost says what the cache has let go of.
func (t *track) tellLost() {
	if !t.swarms() {
		return
	}
	n := t.ring.Evictions()
	if n == t.held.evictions {
		return
	}
	t.held.evictions = n
	var lost []hls.SN
	for sn := range t.held.sns {
		if s := t.ring.Lookup(cache.SN(sn)); s == nil || !s.Sealed() {
			delete(t.held.sns, sn)
			lost = append(lost, sn)
		}
	}
	for _, sn := range lost {
		if len(lost) <= maxLost {
			t.broadcast(datachannel.Lost{SN: datachannel.SN(sn)})
		}
		t.step(mesh.Evicted{SN: mesh.SN(sn)})
	}
	if len(lost) > maxLost {
		t.broadcast(t.bitfield())
	}
}

// maxLost is how many LOST are sent at once. A new list takes the place of more:
// few messages may wait to leave.
const maxLost = 16

// broadcast tells all who may ask us for something.
func (t *track) broadcast(m datachannel.Message) {
	if !t.gives() {
		return
	}
	for id, l := range t.links {
		if !l.opened.IsZero() {
			t.send(id, m)
		}
	}
}

// neighbours are the open links, for those who watch the swarm.
func (t *track) neighbours() []signaling.PeerID {
	if !t.swarms() {
		return nil
	}
	ids := []signaling.PeerID{}
	for id, l := range t.links {
		if !l.opened.IsZero() {
			ids = append(ids, signaling.PeerID(id))
		}
	}
	return ids
}

// reportSoon has the tracker told that the neighbours have changed, but not of
// every change on its own.
func (t *track) reportSoon() {
	if t.swarms() {
		t.session.reportAt = min(t.session.reportAt, t.now()+reportDelay)
	}
}

// reportDelay is from a change of the neighbours to the report of it.
const reportDelay = 5 * time.Second

// bitfield says all that is here; it is the first message of a link (protocol
// 5.2).
func (t *track) bitfield() datachannel.Bitfield {
	var m datachannel.Bitfield
	if t.gives() {
		for sn, travels := range t.held.sns {
			if travels {
				m.SNs = append(m.SNs, datachannel.SN(sn))
			}
		}
	}
	return m
}
