package peer

import (
	"errors"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// Outcomes of an audit.
const (
	auditPassed  = "passed"
	auditFailed  = "failed"
	auditSkipped = "skipped"
)

// polluted takes note that a segment from a peer differs from the source's. whole
// says that the peer has sent all of it: of one that it has from others the end is
// held back until it is sealed, so one that stays unfinished is no fault.
func (t *track) polluted(f *fill, from mesh.PeerID, at int64, whole bool) error {
	p := &pollution{at: at, forgiven: true}
	t.bookAudit(f, auditFailed)
	if relayed := t.ledger.hopsOf(f.seg.SN) > 1; whole || !relayed {
		p.forgiven = t.kit.audits.fault(from, relayed)
		t.warn(from, f.seg)
	} else {
		t.kit.audits.doubt(from)
	}
	t.log.Warn("a peer sent something else than the source has", "sn", f.seg.SN, "from", from, "at", at, "forgiven", p.forgiven)
	if asked := f.try != nil && f.try.from == from; !asked && !p.forgiven {
		t.kit.audits.bar(from)
	}
	t.suspect(from, f)
	return p
}

// withdrawn says that a peer has broken a piece off by its own will: so does a relay
// that finds false what it has passed on, all or some of it.
func (t *track) withdrawn(a *attempt, err error) bool {
	return a.from != "" && t.kit.cfg.Verify != VerifyOff && errors.Is(err, datachannel.ErrBrokenOff)
}

// warn tells a peer that it has sent a false segment: it may have been deceived
// itself.
func (t *track) warn(peer mesh.PeerID, e entry) {
	if l := t.links[peer]; l != nil && !l.opened.IsZero() && l.dc.Listens() {
		t.send(peer, datachannel.Polluted{SN: datachannel.SN(e.SN), URL: e.name})
	}
}

// suspect has all that a peer, or any for "", has brought of segments which are still
// on their way looked at, but for f.
func (t *track) suspect(from mesh.PeerID, f *fill) {
	for _, g := range t.fills {
		part, giver := g.part, g.story.From
		if g.try != nil && g.try.from != "" {
			part, giver = part.with(g.try.brought()), g.try.from
		}
		if g != f && (from == "" || giver == from || g.story.From == from) {
			t.demand(g, fullAudit, part, giver)
		}
	}
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
	t.countAudit(result)
}

func (t *track) countAudit(result string) {
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
