package peer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// Verify says how what other peers send is compared with the HTTP source.
type Verify string

// The ways to verify.
const (
	VerifyAudit  Verify = "audit"  // samples, of a peer that proves right ever fewer
	VerifyStrict Verify = "strict" // samples of every segment, and nothing is believed without
	VerifyOff    Verify = "off"    // nothing but what a segment looks like
)

// Reasons that stories have for failed attempts, beside those of mesh.
const (
	Polluted  mesh.Reason = "polluted"    // what peers brought differs from the HTTP source
	Unaudited mesh.Reason = "not audited" // it could not be compared, and the peer is not known enough
)

var (
	errUnaudited = errors.New("it could not be compared with the source, and the peer is not known enough")
	errNoTime    = errors.New("no time is left for the audit")
)

// pollution is what an audit found.
type pollution struct {
	at       int64 // the byte; -1: somewhere
	forgiven bool  // the peer may have been deceived itself
}

func (p *pollution) Error() string {
	if p.at < 0 {
		return "the bytes differ from the source's"
	}
	return fmt.Sprintf("the bytes differ from the source's at byte %d", p.at)
}

// audit compares a segment that comes from peers with samples of the HTTP source.
// It belongs to the loop of the track. What the source has said stays true of the
// segment when another peer takes over.
type audit struct {
	probes  []hls.Probe
	asked   int    // ranges
	running int    // goroutines that ask, or count
	whole   bool   // the source gives no ranges: all of the segment is asked for
	sum     []byte // SHA-256 of the segment at the source; nil: not known
	hash    []byte // of what is here, once it is whole; nil: not counted
	err     error  // why it cannot be done
	cancel  context.CancelFunc
}

// beginAudit decides, when a peer begins to send a segment, whether it is to be
// audited.
func (t *track) beginAudit(a *attempt) {
	f := t.fills[a.sn]
	if f == nil || f.try != a || t.kit.cfg.Verify == VerifyOff {
		return
	}
	n := t.kit.audits.ranges(a.from, t.kit.cfg.Verify == VerifyStrict, t.now() < t.alert.until, a.seg.URL.Host)
	from := int64(0)
	if f.part.empty() {
		from = a.w.Offset() // what is before is the source's
	}
	t.demand(f, n, extent{from, f.filler.Segment().Size()}, a.from)
}

// demand has n ranges of a segment audited in all, in the part given. It belongs to
// the peer from, for now.
func (t *track) demand(f *fill, n int, in extent, from mesh.PeerID) {
	if f.audit == nil {
		if n == 0 {
			return
		}
		f.audit = &audit{cancel: func() {}}
	}
	au := f.audit
	if n <= au.asked || au.whole || au.err != nil || in.empty() {
		return
	}
	if t.kit.audits.isDeaf(f.seg.URL.Host) {
		t.askSource(f, nil, from)
		return
	}
	t.askSource(f, pick(n-au.asked, in, f.filler.Segment().Size()), from)
	au.asked = n
}

// extent is a part of a segment: bytes from lo on, up to hi.
type extent struct{ lo, hi int64 }

func (e extent) empty() bool { return e.lo >= e.hi }

// with is an extent that has other in it too.
func (e extent) with(other extent) extent {
	switch {
	case other.empty():
		return e
	case e.empty():
		return other
	}
	return extent{min(e.lo, other.lo), max(e.hi, other.hi)}
}

// meets says that the two have a byte in common.
func (e extent) meets(other extent) bool { return max(e.lo, other.lo) < min(e.hi, other.hi) }

// brought is what an attempt of a peer has added to the segment.
func (a *attempt) brought() extent {
	if a.from == "" {
		return extent{}
	}
	from := a.w.Offset()
	return extent{from, from + a.w.Landed()}
}

// vouch decides whether what peers have brought of a segment, of which a has just
// brought the last byte, is believed; wait: a is called for once more when that is
// known.
func (t *track) vouch(f *fill, a *attempt) (wait bool, err error) {
	part, from := f.part.with(a.brought()), a.from
	if from == "" {
		from = f.story.From
	}
	if f.audit == nil && a.from == "" && !part.empty() && t.kit.cfg.Verify != VerifyOff {
		// Nobody has stood up for it: a relay that finds a piece false breaks it off.
		f.audit = &audit{cancel: func() {}}
	}
	au := f.audit
	b := f.filler.Bytes()
	switch {
	case au == nil, part.empty(), f.seg.Plausible(b) != nil: // the last is found by itself
		return false, nil
	}
	if at, differs := au.differs(b, int64(len(b))); differs {
		return false, t.polluted(f, from, at, a.from != "")
	}
	switch {
	case au.running > 0:
		t.hold(f, a)
		return true, nil
	case au.err == nil && au.sum != nil && au.hash == nil:
		t.count(f, b)
		t.hold(f, a)
		return true, nil
	case au.err == nil && au.sum == nil && !au.covers(part):
		t.askSource(f, pick(1, part, int64(len(b))), from)
		t.hold(f, a)
		return true, nil
	case au.err == nil, au.covers(part) && t.kit.cfg.Verify != VerifyStrict:
		if a.from != "" { // a part of a segment earns no name: its sender may pass on what it has not looked at
			t.kit.audits.pass(from)
		}
		t.bookAudit(f, auditPassed)
		return false, nil
	}
	t.bookAudit(f, auditSkipped)
	t.log.Debug("no audit", "sn", f.seg.SN, "from", from, "error", au.err)
	if t.kit.cfg.Verify != VerifyStrict && t.kit.audits.believes(from) {
		return false, nil
	}
	return false, errUnaudited
}

// covers says that some of the part is among the samples.
func (au *audit) covers(part extent) bool {
	for _, p := range au.probes {
		if part.meets(extent{p.Offset, p.Offset + int64(len(p.Bytes))}) {
			return true
		}
	}
	return false
}

// differs compares what has landed so far of a segment of size bytes (below 0: not
// known) with what the source has said; at is -1 where no byte can be named.
func (au *audit) differs(b []byte, size int64) (at int64, yes bool) {
	for _, p := range au.probes {
		if p.Total >= 0 && size >= 0 && p.Total != size {
			return min(p.Total, size), true
		}
		lo := min(p.Offset, int64(len(b)))
		hi := min(p.Offset+int64(len(p.Bytes)), int64(len(b)))
		here, there := b[lo:hi], p.Bytes[:hi-lo]
		if !bytes.Equal(here, there) {
			for i := range here {
				if here[i] != there[i] {
					return lo + int64(i), true
				}
			}
		}
	}
	return -1, au.hash != nil && !bytes.Equal(au.hash, au.sum)
}

// count has the digest of what is here counted.
func (t *track) count(f *fill, b []byte) {
	au := f.audit
	au.running++
	t.work.Go(func() {
		sum := sha256.Sum256(b)
		t.post(func() {
			au.running--
			au.hash = sum[:]
			t.goOnWith(f, au)
		})
	})
}

// answered takes what the source has said.
func (t *track) answered(f *fill, au *audit, from mesh.PeerID, said sourceSaid) {
	au.running--
	if t.fills[f.seg.SN] != f || f.audit != au {
		return
	}
	f.spendAudit(said)
	au.probes = append(au.probes, said.probes...)
	for _, p := range said.probes {
		if p.SHA256 != nil {
			au.sum = p.SHA256
		}
	}
	if said.sum != nil {
		au.sum = said.sum
		au.probes = append(au.probes, hls.Probe{Total: said.size})
	}
	if errors.Is(said.err, hls.ErrNoRange) && !au.whole {
		if t.kit.audits.deafened(f.seg.URL.Host) {
			t.log.Info("the source gives no byte ranges: what peers send is compared with whole segments, now and then")
		}
		if t.kit.audits.ranges(from, t.kit.cfg.Verify == VerifyStrict, false, f.seg.URL.Host) > 0 {
			t.askSource(f, nil, from)
			return
		}
	}
	if said.err != nil {
		au.err = said.err
	}
	if f.try == nil || f.held == f.try {
		t.goOnWith(f, au)
		return
	}
	at, differs := au.differs(f.filler.Bytes(), f.filler.Segment().Size())
	if differs && f.try.from != "" && !f.met() && t.ledger.hopsOf(f.seg.SN) <= 1 {
		t.tried(f.try, t.polluted(f, f.try.from, at, true)) // it need not send the rest
	}
}

// endAudit ends what is asked of the source.
func (f *fill) endAudit() {
	if f.audit != nil {
		f.audit.cancel()
		f.audit = nil
	}
}

// rewindAudit keeps what the source has said, if it has said all.
func (f *fill) rewindAudit() {
	f.part, f.held = extent{}, nil
	if au := f.audit; au != nil {
		if au.hash = nil; au.err != nil || au.running > 0 {
			f.endAudit()
		}
	}
}

// restored tells the brain, before it hears why, that bytes were thrown away.
func (t *track) restored(f *fill) {
	s := f.filler.Segment()
	t.step(mesh.Progress{SN: mesh.SN(f.seg.SN), Bytes: s.Len(), Size: s.Size()})
}
