package peer

import (
	"errors"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// Outcomes of an audit.
const (
	auditPassed  = "passed"
	auditFailed  = "failed"
	auditSkipped = "skipped"
)

// polluted takes note that a segment from a peer differs from the source's. It tells
// the peer, which may have been deceived itself, and looks at what else is coming
// from it.
func (t *track) polluted(f *fill, from mesh.PeerID, at int64) error {
	p := &pollution{at: at, forgiven: t.kit.audits.fault(from, t.ledger.hopsOf(f.seg.SN) > 1)}
	t.bookAudit(f, auditFailed)
	t.log.Warn("a peer sent something else than the source has", "sn", f.seg.SN, "from", from, "at", at, "forgiven", p.forgiven)
	if l := t.links[from]; l != nil && l.dc.Listens() {
		t.send(from, datachannel.Polluted{SN: datachannel.SN(f.seg.SN), URL: f.seg.name})
	}
	if asked := f.try != nil && f.try.from == from; !asked && !p.forgiven {
		t.kit.audits.bar(from)
	}
	for _, g := range t.fills {
		part := g.part
		if g.story.From != from {
			part = extent{}
		}
		if g.try != nil && g.try.from == from {
			part = part.with(g.try.brought())
		}
		if g != f {
			t.demand(g, fullAudit, part, from)
		}
	}
	return p
}

// verdict is what the brain hears of a peer's attempt that has failed.
func (t *track) verdict(why mesh.Reason, err error) mesh.Reason {
	var p *pollution
	switch {
	case errors.As(err, &p) && !p.forgiven:
		return mesh.BadContent
	case why == Polluted, why == Unaudited:
		return mesh.Broken
	default:
		return why
	}
}

// alert is a time in which each segment from peers is audited.
type alert struct{ until, next time.Duration }

const (
	alertFor   = time.Minute
	alertEvery = 5 * time.Minute // at most
)

// warned takes a remote's word that we have sent it a false segment. Only who gets
// segments from us is heard.
func (l *link) warned() {
	if l.sent.Load() == 0 && l.up.waiting() == 0 || l.t.kit.cfg.Verify == VerifyOff {
		l.t.ignored(string(mesh.NotAsked))
		return
	}
	l.t.post(func() {
		t := l.t
		if now := t.now(); now >= t.alert.next {
			t.alert = alert{now + alertFor, now + alertEvery}
			t.log.Info("a peer says that we have sent it a false segment: all that comes from peers is audited for a minute", "peer", l.peer)
		}
	})
}

// AuditStory is how a segment fared when it was compared with the HTTP source.
type AuditStory struct {
	Result   string `json:"result"`   // of the last audit: "passed", "failed" or "skipped"; "" while it is going on
	Failed   int    `json:"failed"`   // how many times what peers had brought was something else
	Requests int    `json:"requests"` // that the source got for it
	Bytes    int64  `json:"bytes"`    // that it sent for it
}

// AuditCounts are audits since a track began, by their outcome.
type AuditCounts struct {
	Passed  int64 `json:"passed"`
	Failed  int64 `json:"failed"`
	Skipped int64 `json:"skipped"` // they could not be done
}

// bookAudit enters the outcome of an audit.
func (t *track) bookAudit(f *fill, result string) {
	s := f.story.auditStory()
	s.Result = result
	if result == auditFailed {
		s.Failed++
	}
	f.story.Audit = &s
	t.ledger.audited(result)
	t.kit.metrics.audits.WithLabelValues(t.name, result).Inc()
}

// auditStory is a copy: others may be reading it.
func (p *Provenance) auditStory() AuditStory {
	if p.Audit == nil {
		return AuditStory{}
	}
	return *p.Audit
}

// spendAudit enters what was asked of the source for a segment's audit.
func (f *fill) spendAudit(said sourceSaid) {
	s := f.story.auditStory()
	s.Requests += said.requests
	s.Bytes += said.bytes
	f.story.Audit = &s
}

// spentAudit books what the source was asked for. It may be called by any goroutine.
func (t *track) spentAudit(said sourceSaid) {
	t.ledger.spent(said)
	t.kit.metrics.auditBytes.WithLabelValues(t.name).Add(float64(said.bytes))
}

func (l *ledger) spent(said sourceSaid) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.traffic.Audit += said.bytes
	l.traffic.AuditRequests += int64(said.requests)
}

func (l *ledger) audited(result string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch c := &l.traffic.Audits; result {
	case auditPassed:
		c.Passed++
	case auditFailed:
		c.Failed++
	default:
		c.Skipped++
	}
}
