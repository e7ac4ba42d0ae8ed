package peer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"time"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// Sizes of a sample, bytes. One takes a sixteenth of a segment at most.
const (
	leastSample = 4 << 10
	mostSample  = 16 << 10
	tinySample  = 1 << 10
)

// sourceSaid is what the HTTP source has said for an audit, and what that cost.
type sourceSaid struct {
	probes   []hls.Probe
	sum      []byte // of the whole segment; nil: only ranges were asked for
	size     int64  // of the whole segment, with sum
	requests int
	bytes    int64
	err      error
}

// pick chooses n samples in a part of a segment of size bytes. Nobody can foresee
// them, and each byte of the part is as likely to be in one as any other.
func pick(n int, in extent, size int64) []extent {
	out := make([]extent, n)
	for i := range out {
		least := max(tinySample, min(leastSample, size/16))
		length := least + random(max(0, min(mostSample, size/16)-least)+1)
		from := in.lo - length + 1 + random(in.hi-in.lo+length-1)
		out[i] = extent{max(from, in.lo), min(from+length, in.hi)}
	}
	return out
}

// random is a number from 0 up to n, n not included.
func random(n int64) int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.LittleEndian.Uint64(b[:]) % uint64(n))
}

// askSource has the source asked for samples, or without any for the whole segment.
func (t *track) askSource(f *fill, samples []extent, from mesh.PeerID) {
	au := f.audit
	au.running++
	au.whole = samples == nil
	ctx, cancel := context.WithTimeout(t.ctx, t.auditTime(f, au.whole))
	before := au.cancel
	au.cancel = func() { before(); cancel() }
	seg, patient := f.seg.Segment, !t.kit.audits.believes(from)
	t.work.Go(func() {
		defer cancel()
		var said sourceSaid
		if samples == nil {
			said = t.refetch(ctx, seg)
		} else {
			said = t.sample(ctx, seg, samples, patient)
		}
		t.spentAudit(said)
		t.post(func() { t.answered(f, au, from, said) })
	})
}

// auditTime is how long the source has: half of the time until the segment is
// played, as afterwards somebody else may have to bring it.
func (t *track) auditTime(f *fill, whole bool) time.Duration {
	left := t.head.playAt(f.seg.at) - t.now()
	if whole {
		return min(max(left, 2*time.Second), 10*time.Second)
	}
	return min(max(left/2, time.Second), 5*time.Second)
}

// askAuditAgain is the first pause before a range that could not be had is asked
// for again, of a peer that is not known yet.
const askAuditAgain = 300 * time.Millisecond

// sample asks for ranges, one after another.
func (t *track) sample(ctx context.Context, seg hls.Segment, samples []extent, patient bool) (said sourceSaid) {
	for _, e := range samples {
		for pause := askAuditAgain; ; pause *= 3 {
			said.requests++
			p, err := t.kit.origin.Probe(ctx, seg, e.lo, e.hi-e.lo)
			if err == nil {
				said.probes = append(said.probes, p)
				said.bytes += int64(len(p.Bytes))
				break
			}
			if !patient || errors.Is(err, hls.ErrNoRange) || pause > 3*askAuditAgain || !sleep(ctx, pause) {
				said.err = err
				return said
			}
		}
	}
	return said
}

// refetch asks for the whole segment and keeps its digest.
func (t *track) refetch(ctx context.Context, seg hls.Segment) sourceSaid {
	sink := &digester{Hash: sha256.New()}
	err := t.kit.origin.Segment(ctx, seg, 0, sink)
	said := sourceSaid{requests: 1, bytes: sink.size, err: err}
	if err == nil {
		said.sum, said.size = sink.Sum(nil), sink.size
	}
	return said
}

// digester counts the digest of a segment.
type digester struct {
	hash.Hash
	size int64
}

var _ hls.SegmentSink = (*digester)(nil)

// Began implements [hls.SegmentSink].
func (*digester) Began(time.Time) {}

// SetSize implements [hls.SegmentSink].
func (*digester) SetSize(int64) error { return nil }

func (d *digester) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.Hash.Write(p)
}
