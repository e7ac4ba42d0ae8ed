package peer

import (
	"context"
	"slices"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// alert is a time in which each segment from peers is audited.
type alert struct{ until, next time.Duration }

const (
	alertFor   = time.Minute
	alertEvery = 5 * time.Minute // at most
)

// warned takes a remote's word that we have sent it a false segment. Only who gets
// segments from us is heard.
func (l *link) warned(m datachannel.Polluted) {
	if l.sent.Load() == 0 && l.up.waiting() == 0 || l.t.kit.cfg.Verify == VerifyOff {
		l.t.ignored(string(mesh.NotAsked))
		return
	}
	l.t.post(func() {
		t := l.t
		if now := t.now(); now >= t.alert.next {
			t.alert = alert{now + alertFor, now + alertEvery}
			t.log.Info("a peer says that we have sent it a false segment: all that comes from peers is audited for a minute", "peer", l.peer, "sn", m.SN)
			t.suspect("", nil)
			t.recheck(hls.SN(m.SN))
		}
	})
}

// recheck compares a segment that is here already with the source. If it is false,
// all that came from the same peer goes.
func (t *track) recheck(sn hls.SN) {
	e, listed := t.win.segment(sn)
	seg := t.ring.Lookup(cache.SN(sn))
	from := t.giver(sn)
	if !listed || seg == nil || !seg.Sealed() || from == "" || t.kit.audits.isDeaf(e.URL.Host) {
		return
	}
	b := seg.Bytes()
	samples := pick(fullAudit, extent{0, int64(len(b))}, int64(len(b)))
	t.work.Go(func() {
		ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
		defer cancel()
		said := t.sample(ctx, e.Segment, samples, false)
		t.spentAudit(said)
		au := audit{probes: said.probes}
		if _, differs := au.differs(b, int64(len(b))); differs {
			t.post(func() { t.recall(sn, from) })
		}
	})
}

// recall drops all whole segments that came from a peer which has sent a false one.
func (t *track) recall(sn hls.SN, from mesh.PeerID) {
	t.log.Warn("a segment that a peer sent is false: all that it has sent goes", "sn", sn, "from", from)
	t.countAudit(auditFailed)
	if !t.kit.audits.fault(from, true) {
		t.kit.audits.bar(from)
	}
	if e, ok := t.win.segment(sn); ok {
		t.warn(from, e)
	}
	for _, p := range t.ledger.list() {
		if s := t.ring.Lookup(cache.SN(p.SN)); p.From == from && p.P2P > 0 && s != nil && s.Sealed() {
			t.ring.Evict(cache.SN(p.SN))
		}
	}
	t.suspect(from, nil)
}

// giver is the last peer that sent some of a whole segment, "" for none.
func (t *track) giver(sn hls.SN) mesh.PeerID {
	for _, p := range slices.Backward(t.ledger.list()) {
		if p.SN == sn && p.Failed == "" && p.P2P > 0 {
			return p.From
		}
	}
	return ""
}
