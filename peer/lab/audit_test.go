package lab

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer"
)

// forged is a transport stream of the same form with other contents, from the byte
// at from on, which is at byte off of its segment.
func forged(body []byte, off, from int) []byte {
	out := bytes.Clone(body)
	for i := range out {
		if at := off + i; at >= from && at%tsPacket > 3 {
			out[i] ^= 0x5A
		}
	}
	return out
}

// sampling says that a request is for a sample.
func sampling(r *http.Request) bool {
	part := r.Header.Get("Range")
	return strings.HasPrefix(part, "bytes=") && !strings.HasSuffix(part, "-")
}

// unaudited is for tests that count each request and byte of the source.
func unaudited(_ int, c *peer.Config) { c.Verify = peer.VerifyOff }

// audits sums up what the peers of interest have found.
func (st *stage) audits() (sum peer.AuditCounts) {
	for _, r := range st.rows() {
		sum.Passed += r.Counts.Audits.Passed
		sum.Failed += r.Counts.Audits.Failed
		sum.Skipped += r.Counts.Audits.Skipped
	}
	return sum
}

// A forger is the only parent there is.
type forger struct {
	verify peer.Verify
	forge  func(st *stage, r datachannel.Request, body []byte) []byte
	every  time.Duration // between two packets
	rate   int64         // of the stream
	faults func(r *http.Request) Fault
	wrong  int  // segments with false bytes that players may have seen
	found  bool // that the audits failed is wanted
}

func everything(_ *stage, _ datachannel.Request, body []byte) []byte { return forged(body, 0, 0) }

// honestFor is how many segments a patient forger sends first.
const honestFor = 30

func patient(_ *stage, r datachannel.Request, body []byte) []byte {
	if r.SN < honestFor+10 { // the first that is asked for is about 10
		return body
	}
	return forged(body, 0, 0)
}

var forgers = map[string]forger{
	"from the start": {forge: everything, found: true},
	"the last tenth": {forge: func(_ *stage, _ datachannel.Request, body []byte) []byte {
		return forged(body, 0, len(body)*9/10)
	}, verify: peer.VerifyStrict, found: true, wrong: 25},
	"another segment": {forge: func(st *stage, r datachannel.Request, _ []byte) []byte {
		return st.origin.Segment(RenditionMain, int64(r.SN)-1)
	}, found: true},
	"after thirty segments":         {forge: patient, found: true, wrong: 30},
	"after thirty segments, strict": {forge: patient, verify: peer.VerifyStrict, found: true},
	"slowly, so that the source brings the end": {
		forge: everything, every: 250 * time.Millisecond, rate: 1_000_000, found: true,
	},
	"the source is slow": {forge: everything, found: true, faults: func(r *http.Request) Fault {
		if sampling(r) {
			return Fault{Delay: 600 * time.Millisecond}
		}
		return Fault{}
	}},
	"the source gives no samples": {forge: everything, faults: func(r *http.Request) Fault {
		if sampling(r) {
			return Fault{Status: http.StatusServiceUnavailable}
		}
		return Fault{}
	}},
	"the source hangs at samples": {forge: everything, faults: func(r *http.Request) Fault { return Fault{Hang: sampling(r)} }},
	"the source knows no ranges": {forge: everything, found: true, faults: func(r *http.Request) Fault {
		r.Header.Del("Range")
		return Fault{}
	}},
}

// TestForger: a parent sends what has the form of the segments and is something
// else. No player sees any of it, and none has to wait; of one that was honest for
// a minute samples find it soon.
func TestForger(t *testing.T) {
	t.Parallel()
	for name, f := range forgers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stranger{}
			c := SwarmConfig{Peers: 2, JoinEvery: 500 * time.Millisecond, Origin: OriginConfig{BitRate: f.rate, Faults: f.faults}}
			c.adjust = func(_ int, c *peer.Config) {
				if c.Upload = 0; f.verify != "" {
					c.Verify = f.verify
				}
			}
			prepared(t, c, func(st *stage) {
				s.request = func(s *stranger, l *datachannel.Link, r datachannel.Request) {
					body := f.forge(st, r, st.truth(r))
					_ = l.SendPiece(s.ctx, datachannel.Piece{URL: r.URL, SN: r.SN, Size: int64(len(body)), Current: r.SN},
						&content{s: s, data: body, every: f.every})
				}
				st.settle(s)
			}, func(st *stage) {
				leave := s.join(st)
				time.Sleep(130 * time.Second)
				f.judge(st, s)
				leave()
			})
		})
	}
}

func (f forger) judge(st *stage, s *stranger) {
	st.balanced()
	for _, r := range st.rows() {
		v := r.Viewer
		st.t.Logf("peer %d: %d segments, %d wrong, %d from peers; audits %+v, %d requests, %d bytes",
			r.Peer, v.Segments, v.Wrong, r.Counts.P2P, r.Counts.Audits, r.Counts.AuditRequests, r.Bytes.Audit)
		if v.Stalls > 0 || v.Lost > 0 || v.Retries > 0 || v.Segments < 50 {
			st.t.Errorf("peer %d: %d segments, %d stalls, %d lost, %d requests of its player failed", r.Peer, v.Segments, v.Stalls, v.Lost, v.Retries)
		}
		if v.Wrong > f.wrong {
			st.t.Errorf("peer %d: %d wrong segments, want %d at most", r.Peer, v.Wrong, f.wrong)
		}
	}
	if got := st.audits(); s.asked.Load() == 0 || f.found != (got.Failed > 0) || !f.found && got.Skipped == 0 {
		st.t.Errorf("the stranger was asked for %d segments, and the audits are %+v", s.asked.Load(), got)
	}
}

// TestAuditOfForms: fragments of MP4 and byte ranges of a file are compared as
// transport streams are, and true ones pass.
func TestAuditOfForms(t *testing.T) {
	t.Parallel()
	for _, rendition := range []string{RenditionFMP4, RenditionRanges, RenditionOneFile, RenditionVOD} {
		t.Run(rendition, func(t *testing.T) {
			t.Parallel()
			play(t, SwarmConfig{Peers: 2, rendition: rendition, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second}, func(st *stage) {
				time.Sleep(40 * time.Second)
				st.unharmed()
				got := st.audits()
				if t.Logf("%+v, %d samples of %d bytes", got, st.origin.Requests().Samples, st.origin.SampleBytes()); got.Passed < 3 || got.Failed+got.Skipped > 0 {
					t.Errorf("audits %+v", got)
				}
			})
		})
	}
}
