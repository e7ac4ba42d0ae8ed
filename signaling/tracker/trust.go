package tracker

import (
	"slices"
	"time"

	"hlspeer/signaling"
)

const (
	// unproven is how many streams a peer is believed to carry until its uplink
	// has been measured, or it has carried as many for provenTime without a
	// complaint (T5).
	unproven   = 4
	provenTime = time.Minute
	// measureShare is the part of an uplink that a test is sure to see.
	measureShare = 0.9
	// trustCut and trustGain change what is believed of an uplink, at most once
	// in provenTime. It is never less than minTrust, nor, where a whole stream is
	// claimed, less than that.
	trustCut  = 0.8
	trustGain = 1.05
	minTrust  = 0.05
	// judgeTime is how long a child is fed by the same parents before its reports
	// say anything about them.
	judgeTime = 30 * time.Second
	// desertTime is how soon a child that nobody has sent away leaves a parent that
	// does not deliver, and for how long the two are kept apart then.
	desertTime = 30 * time.Second
	apartTime  = 15 * time.Second
	// maxSourceShare of the traffic and maxLoss are borne before a child counts
	// as poorly fed.
	maxSourceShare = 0.1
	maxLoss        = 0.05
)

// Trust is what a room believes of an uplink, and what a child's reports are
// gathered in. The zero value believes it, up to the limit for the unproven.
type trust struct {
	doubt     float64           // 1 - the believed part
	proven    bool              // no limit but the claim
	measured  signaling.BitRate // 0: never
	fullSince time.Duration     // no whole stream is left; 0 when one is
	cutAt     time.Duration     // 0 never

	desertedAt  time.Duration // when a child last left soon; 0 never
	since       time.Duration // of the reports below; 0 for none
	source, p2p int64         // KB
}

// trusted returns how many substreams p is believed to carry.
func (r *Room) trusted(p *node) int {
	believed := p.uplink
	if !p.trust.proven {
		believed = min(believed, max(unproven*r.stream(), p.trust.measured/measureShare))
	}
	return r.credited(p, believed)
}

// claimed returns how many substreams p says that it carries, less what is known
// to be untrue.
func (r *Room) claimed(p *node) int { return r.credited(p, p.uplink) }

func (r *Room) credited(p *node, uplink signaling.BitRate) int {
	credit := signaling.BitRate(1 - p.trust.doubt)
	return max(r.slotsOf(uplink*credit), min(r.slotsOf(p.uplink), r.config.Substreams))
}

// stream is the rate of a whole stream.
func (r *Room) stream() signaling.BitRate {
	return r.rate * signaling.BitRate(r.config.Substreams)
}

// noteFull remembers since when p has given away all it is believed to carry.
func (r *Room) noteFull(p *node) {
	switch full := p.used > 0 && p.slots-p.used < r.config.Substreams; {
	case !full:
		p.trust.fullSince = 0
	case p.trust.fullSince == 0:
		p.trust.fullSince = r.now
	}
}

// judge gathers the reports of a child that has been fed by the same parents all
// the time, and holds them for or against these.
func (r *Room) judge(c *node, m signaling.Statistics) {
	t := &c.trust
	if c.root || c.filled < r.config.Substreams {
		t.since = 0
		return
	}
	if t.since == 0 || c.relinkedAt >= t.since {
		t.since, t.source, t.p2p = r.now, 0, 0
		return
	}
	t.source = min(t.source+m.Source, maxTraffic)
	t.p2p = min(t.p2p+m.P2P, maxTraffic)
	if r.now-t.since < judgeTime {
		return
	}
	source, total := float64(t.source), float64(t.source+t.p2p)
	t.since, t.source, t.p2p = r.now, 0, 0
	if total > 0 {
		r.verdict(c, source > maxSourceShare*total || m.LossRate > maxLoss)
	}
}

// verdict takes what a child says of how it is fed. Trouble is held against a
// parent only if it is the only one, or the only one that nobody speaks for.
func (r *Room) verdict(c *node, poor bool) {
	var suspects []*node
	for _, e := range c.parents {
		if e.state != edgeOpen {
			continue
		}
		e.judgedAt, e.poor = r.now, poor
		if !poor {
			r.praise(e.parent)
		} else if _, well := r.opinions(e.parent); well == 0 || len(c.parents) == 1 {
			suspects = append(suspects, e.parent)
		}
	}
	if len(suspects) == 1 {
		r.blame(suspects[0])
	}
}

// deserted takes note that a child leaves a parent that it has not had for long,
// of its own accord: the parent did not deliver. Such a child makes no complaint
// in its reports, it does not stay for long enough. The second one within a while
// counts as one, where nobody stays: the first may have been unlucky.
func (r *Room) deserted(e *edge) {
	child, q := e.child, e.parent
	fed := q.root || q.filled >= r.config.Substreams && r.now-q.relinkedAt >= desertTime
	if r.now-e.since >= desertTime || !fed || e.move != nil || r.changing(child) || !r.rested(child, desertTime) {
		return
	}
	child.shun(q.id, r.now, r.now+apartTime)
	if slices.ContainsFunc(q.children, func(e *edge) bool { return e.state == edgeOpen && r.now-e.since >= desertTime }) {
		return // others stay
	}
	t := &q.trust
	if t.desertedAt != 0 && r.now-t.desertedAt < provenTime {
		r.cut(q)
	}
	t.desertedAt = r.now
}

// opinions counts the children of q that have lately been fed poorly and well.
func (r *Room) opinions(q *node) (poorly, well int) {
	lately := max(judgeTime, time.Duration(r.config.ReportSpan)*time.Second) * 2
	for _, e := range q.children {
		switch {
		case e.state != edgeOpen || e.judgedAt == 0 || r.now-e.judgedAt > lately:
		case e.poor:
			poorly++
		default:
			well++
		}
	}
	return poorly, well
}

// blame believes less of an uplink when at least half of those who receive from
// it complain.
func (r *Room) blame(q *node) {
	t := &q.trust
	if poorly, well := r.opinions(q); poorly < well || t.cutAt != 0 && r.now-t.cutAt < provenTime {
		return
	}
	r.cut(q)
}

// cut believes less of an uplink.
func (r *Room) cut(q *node) {
	t := &q.trust
	t.cutAt = r.now
	t.doubt = min(1-minTrust, 1-(1-t.doubt)*trustCut)
	r.recount(q)
}

// praise believes more of an uplink that has been full for a while without a
// complaint, up to what is claimed.
func (r *Room) praise(q *node) {
	t := &q.trust
	if t.fullSince == 0 || r.now-max(t.fullSince, t.cutAt) < provenTime || t.proven && t.doubt == 0 {
		return
	}
	if poorly, _ := r.opinions(q); poorly > 0 {
		return
	}
	if t.doubt > 0 {
		t.doubt = max(0, 1-(1-t.doubt)*trustGain)
	} else {
		t.proven = true
	}
	t.fullSince = r.now
	r.recount(q)
}
