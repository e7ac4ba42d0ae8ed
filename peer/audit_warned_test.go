package peer

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"hlspeer/cache"
	"hlspeer/datachannel"
	"hlspeer/hls"
)

// rangeSource answers each request with a part of the same resource.
type rangeSource []byte

func (s rangeSource) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answer{header: http.Header{}}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s))
	return &http.Response{StatusCode: w.code, Header: w.header, Body: io.NopCloser(&w.Buffer), ContentLength: int64(w.Len()), Request: r}, nil
}

// answer is a [http.ResponseWriter] that keeps all.
type answer struct {
	bytes.Buffer
	header http.Header
	code   int
}

func (a *answer) Header() http.Header  { return a.header }
func (a *answer) WriteHeader(code int) { a.code = code }

// trackOver is a track that does not run, with a source behind it.
func trackOver(t *testing.T, over http.RoundTripper) *track {
	t.Helper()
	a := agentOver(t, over, ChannelConfig{URL: "http://source/live.m3u8"})
	t.Cleanup(func() {
		if err := a.kit.host.Close(); err != nil {
			t.Error(err)
		}
	})
	ch := a.channels[0]
	tr := newTrack(a.kit, ch.name, ch.id, ch.list, slog.New(slog.DiscardHandler))
	tr.ctx = t.Context()
	return tr
}

// keep has a whole segment in the ring, and its story in the ledger.
func (t *track) keep(test *testing.T, body []byte, story Provenance) {
	test.Helper()
	_, filler := t.ring.Open(cache.SN(story.SN))
	if _, err := filler.Writer(false).Write(body); err != nil {
		test.Fatal(err)
	}
	if err := filler.Seal(); err != nil {
		test.Fatal(err)
	}
	t.ledger.close(story)
}

// TestRecheck: a peer has been told that a segment which it passed on is false. If
// that is so, all goes that came from where it came, and only then.
func TestRecheck(t *testing.T) {
	t.Parallel()
	truth := packets(100)
	false1 := bytes.Clone(truth)
	for i := range false1 {
		if i%188 > 3 {
			false1[i] = 0x5A
		}
	}
	for name, c := range map[string]struct {
		here   []byte
		sn     hls.SN
		goes   bool
		probes bool
	}{
		"false":              {false1, 7, true, true},
		"true":               {truth, 7, false, true},
		"of the source":      {false1, 5, false, false},
		"not here":           {false1, 8, false, false},
		"not in the channel": {false1, 99, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := trackOver(t, rangeSource(truth))
			tr.win.update(media(5, 8), 0)
			for _, story := range []Provenance{{SN: 5, HTTP: 1}, {SN: 6, P2P: 1, From: "A"}, {SN: 7, P2P: 1, From: "A"}} {
				tr.keep(t, c.here, story)
			}
			tr.recheck(c.sn)
			tr.work.Wait()
			select {
			case f := <-tr.inbox:
				f()
			default:
			}
			for sn, from := range map[cache.SN]bool{5: false, 6: true, 7: true} {
				if gone := tr.ring.Lookup(sn) == nil; gone != (from && c.goes) {
					t.Errorf("segment %d has gone: %v", sn, gone)
				}
			}
			sum := tr.ledger.totals()
			if c.probes != (sum.AuditRequests == fullAudit) || c.goes != (sum.Audits.Failed == 1) || c.probes != (sum.Audit > 0) {
				t.Errorf("%d requests, %d bytes, %+v", sum.AuditRequests, sum.Audit, sum.Audits)
			}
			if n := tr.kit.audits.ranges("A", false, false, "source"); c.goes && n != fullAudit {
				t.Errorf("%d ranges of the next segment of that peer", n)
			}
		})
	}
}

// TestNobodyWarns: who gets no segments from us cannot tell us that one is false.
func TestNobodyWarns(t *testing.T) {
	t.Parallel()
	tr := trackOver(t, rangeSource(nil))
	l := &link{t: tr, peer: "K", child: true}
	l.up = newUploader(t.Context(), func() {}, tr, &l.sent)
	l.warned(datachannel.Polluted{SN: 7})
	if got := counted(t, tr); got["not asked"] != 1 || len(tr.inbox) > 0 {
		t.Errorf("ignored %v, %d for the loop", got, len(tr.inbox))
	}
	l.sent.Store(1)
	for range 2 {
		l.warned(datachannel.Polluted{SN: 7})
		(<-tr.inbox)()
	}
	if tr.alert.until <= 0 || tr.alert.until > alertFor+time.Second || tr.alert.next <= alertFor {
		t.Errorf("%+v", tr.alert)
	}
	before := tr.alert
	l.warned(datachannel.Polluted{SN: 7})
	if (<-tr.inbox)(); tr.alert != before {
		t.Errorf("%+v: the next alert follows at once", tr.alert)
	}
}
