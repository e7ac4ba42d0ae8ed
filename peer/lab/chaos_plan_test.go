package lab

import (
	"math/rand/v2"
	"slices"
	"time"
)

// What happens to a swarm in chaos.
type mishap string

const (
	crash    mishap = "crash"          // a peer goes without a word; another one comes 20 s later
	cutOff   mishap = "cable cut"      // of a peer, all of it, for 30 s
	mute     mishap = "packets lost"   // of a peer, all between it and other peers, for 30 s
	halfOpen mishap = "half-open"      // nothing that other peers send arrives, for 30 s
	suspend  mishap = "suspended"      // a peer stands still for a minute
	readdr   mishap = "new address"    // a peer's connections are dead, new ones work
	away     mishap = "tracker away"   // it comes back knowing nothing
	missing  mishap = "source 404"     // segments, for 1.5 s
	hanging  mishap = "source hangs"   // for 2 s, and then answers all
	slow     mishap = "source slow"    // bodies take 1.5 s, for 8 s
	cutBody  mishap = "source cuts"    // bodies, after 20 kB, for 3 s
	encoder  mishap = "encoder begins" // anew, with other bytes and nothing before the edge
)

// mishaps are all of them, by how long they last; for those of the tracker by chance.
var mishaps = []struct {
	what  mishap
	lasts time.Duration
}{
	{crash, 20 * time.Second},
	{cutOff, 30 * time.Second},
	{mute, 30 * time.Second},
	{halfOpen, 30 * time.Second},
	{suspend, time.Minute},
	{readdr, 0},
	{away, 40 * time.Second},
	{missing, 1500 * time.Millisecond},
	{hanging, 2 * time.Second},
	{slow, 8 * time.Second},
	{cutBody, 3 * time.Second},
	{encoder, 0},
}

// atPeer says that a mishap is one of a peer, and not of tracker or source.
func (m mishap) atPeer() bool {
	return slices.Contains([]mishap{crash, cutOff, mute, halfOpen, suspend, readdr}, m)
}

// incident is a mishap at some time.
type incident struct {
	what  mishap
	at    time.Duration
	lasts time.Duration
	peer  int // index of the member; of those at a peer
}

func (i incident) ends() time.Duration { return i.at + i.lasts }

const (
	chaosPeers = 10
	chaosCalm  = 150 * time.Second // at the end, without mishaps
	chaosRest  = 20 * time.Second  // of a peer, the tracker or the source, between two
)

// planner draws mishaps. What is struck has rest afterwards, so that each is one that
// HTTP clients survive.
type planner struct {
	*rand.Rand
	stays     []Stay
	members   [chaosPeers]int // at each place: the index of the last one
	free      [chaosPeers]time.Duration
	tracker   time.Duration // when it is free
	source    time.Duration
	joins     time.Duration // of the newest one
	incidents []incident
}

// planChaos draws what happens in d, every few seconds something.
func planChaos(seed uint64, d, every time.Duration) ([]Stay, []incident) {
	p := &planner{Rand: rand.New(rand.NewPCG(seed, 6))}
	for i := range chaosPeers {
		p.stays = append(p.stays, Stay{From: time.Duration(i) * time.Second})
		p.members[i] = i
	}
	for at := 30 * time.Second; at < d-chaosCalm; at += every/2 + time.Duration(p.Int64N(int64(every))) {
		m := mishaps[p.IntN(len(mishaps))]
		switch in := (incident{what: m.what, at: at, lasts: m.lasts}); {
		case in.ends() > d-chaosCalm:
		case m.what.atPeer():
			p.strike(in)
		case m.what == away && at >= p.tracker:
			in.lasts = in.lasts/2 + time.Duration(p.Int64N(int64(in.lasts)))
			p.tracker = in.ends() + chaosRest
			p.incidents = append(p.incidents, in)
		case m.what != away && at >= p.source && (m.what != encoder || at > p.joins+chaosRest):
			p.source = in.ends() + chaosRest
			p.incidents = append(p.incidents, in)
		}
	}
	return p.stays, p.incidents
}

// strike finds a peer for a mishap. No more than three are without a source at a time.
func (p *planner) strike(in incident) {
	var places []int
	busy := 0
	for i, at := range p.free {
		if in.at >= at {
			places = append(places, i)
		} else {
			busy++
		}
	}
	if len(places) == 0 || busy >= 4 {
		return
	}
	place := places[p.IntN(len(places))]
	in.peer = p.members[place]
	p.free[place] = in.ends() + chaosRest
	p.incidents = append(p.incidents, in)
	if in.what == crash {
		s := &p.stays[in.peer]
		s.For, s.Crash = in.at-s.From, true
		p.members[place] = len(p.stays)
		p.stays = append(p.stays, Stay{From: in.ends()})
		p.joins = in.ends()
		p.source = max(p.source, p.joins+chaosRest/2) // who begins has no buffer yet
	}
}
