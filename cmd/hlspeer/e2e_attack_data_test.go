//go:build e2e

package main_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/lab"
)

// A deed is what the only parent that the victim has does with each REQUEST.
type deed struct {
	do     func(s *scene, g *grip, r datachannel.Request)
	verify string
	digest bool
	want   string // is counted
	wrong  int    // segments that may pass
}

// forged is a transport stream of the same form and size with other contents.
func forgery(body []byte) []byte {
	out := bytes.Clone(body)
	for i := range out {
		if i%188 > 3 {
			out[i] ^= 0x5A
		}
	}
	return out
}

// flipped differs in one bit, in the middle.
func flipped(body []byte) []byte {
	out := bytes.Clone(body)
	at := len(out) / 2
	if at%188 < 4 {
		at += 4
	}
	out[at] ^= 1
	return out
}

// sends is a deed that sends some body in good form.
func sends(body func(s *scene, r datachannel.Request) []byte) func(*scene, *grip, datachannel.Request) {
	return func(s *scene, g *grip, r datachannel.Request) { g.piece(r, body(s, r)) }
}

// elsewhere is another channel's source. The lab has one film only, but shows other
// parts of it there.
var elsewhere = lab.NewOrigin(lab.OriginConfig{Speed: attackSpeed, BitRate: attackRate, Start: time.Now().Add(-time.Hour)})

// deeds are the attacks on data, by name.
var deeds = map[string]deed{
	"garbage of the same size and form": {do: sends(func(s *scene, r datachannel.Request) []byte { return forgery(s.truth(r)) }), want: "failed"},
	"one flipped bit":                   {do: sends(func(s *scene, r datachannel.Request) []byte { return flipped(s.truth(r)) }), verify: "strict", wrong: 100},
	"one flipped bit, source with digests": {
		do: sends(func(s *scene, r datachannel.Request) []byte { return flipped(s.truth(r)) }), verify: "strict", digest: true, want: "failed",
	},
	"a segment of another number": {do: sends(func(s *scene, r datachannel.Request) []byte {
		sn, _ := segmentNumber(r.URL)
		return s.origin.Segment(lab.RenditionMain, sn-1)
	}), want: "failed"},
	"a segment of another rendition": {do: sends(func(s *scene, r datachannel.Request) []byte {
		sn, _ := segmentNumber(r.URL)
		return s.origin.Segment(lab.RenditionHigh, sn)
	}), want: "failed"},
	"a segment of another channel": {do: sends(func(_ *scene, r datachannel.Request) []byte {
		sn, _ := segmentNumber(r.URL)
		return elsewhere.Segment(lab.RenditionMain, sn+3)
	}), want: "failed"},
	"replay": {do: sends(func(s *scene, _ datachannel.Request) []byte { return s.origin.Segment(lab.RenditionMain, 3) }), want: "failed"},
	"truncation that is announced": {do: sends(func(s *scene, r datachannel.Request) []byte {
		body := s.truth(r)
		return body[:len(body)/2/188*188]
	}), want: "failed"},
	"a size that is too large": {do: func(s *scene, g *grip, r datachannel.Request) {
		g.header(r, 1<<12, 64<<20)
		g.pour(s.truth(r), 0)
	}, want: "failed|bad size"},
	"a size beyond all limits": {do: func(_ *scene, g *grip, r datachannel.Request) {
		g.say(fmt.Sprintf(`{"event":"PIECE","attachments":65536,"url":%q,"sn":%d,"size":1099511627776}`, r.URL, r.SN))
	}, want: "piece too large"},
	"too few packets": {do: func(s *scene, g *grip, r datachannel.Request) {
		body := s.truth(r)
		g.header(r, 2, len(body))
		g.pour(body, 0)
	}, want: "wrong size"},
	"too many packets": {do: func(s *scene, g *grip, r datachannel.Request) {
		body := s.truth(r)
		g.header(r, 10*packets(len(body)), len(body))
		g.pour(body, 0)
	}, want: "misses"},
	"more bytes than announced": {do: func(s *scene, g *grip, r datachannel.Request) {
		body := s.truth(r)
		g.header(r, packets(len(body)), len(body))
		g.pour(append(slices.Clone(body), bytes.Repeat(body, 20)...), 0)
	}, want: "bad size"},
	"binary without a header": {do: func(s *scene, g *grip, r datachannel.Request) { g.pour(s.truth(r), 0) }, want: "binary out of place"},
	"two pieces interleaved": {do: func(s *scene, g *grip, r datachannel.Request) {
		one := s.truth(r)
		other := datachannel.Request{URL: strings.Replace(r.URL, fmt.Sprint(r.SN), fmt.Sprint(r.SN-1), 1), SN: r.SN - 1}
		two := s.truth(other)
		g.header(r, packets(len(one)), len(one))
		g.header(other, packets(len(two)), len(two))
		for len(one) > 0 && len(two) > 0 {
			n, m := min(packet, len(one)), min(packet, len(two))
			g.throw(one[:n])
			g.throw(two[:m])
			one, two = one[n:], two[m:]
		}
	}, want: "not asked"},
	"a slow drip": {do: func(s *scene, g *grip, r datachannel.Request) {
		g.turn.Lock()
		defer g.turn.Unlock()
		body := s.truth(r)
		g.header(r, (len(body)+187)/188, len(body))
		for len(body) > 0 && g.alive() {
			n := min(188, len(body))
			g.throw(body[:n])
			body = body[n:]
			g.rest(100 * time.Millisecond)
		}
	}, want: "p2p_fallbacks"},
	"silence after PIECE": {do: func(s *scene, g *grip, r datachannel.Request) {
		n := len(s.truth(r))
		g.header(r, packets(n), n)
	}, want: "p2p_fallbacks"},
	"a storm of LACK": {do: func(_ *scene, g *grip, r datachannel.Request) {
		for range 2000 {
			g.say(fmt.Sprintf(`{"event":"LACK","url":%q,"sn":%d,"current":-1}`, r.URL, r.SN))
		}
	}, want: "p2p_fallbacks"},
	"CLOSE in mid-piece": {do: func(s *scene, g *grip, r datachannel.Request) {
		body := s.truth(r)
		g.header(r, packets(len(body)), len(body))
		g.pour(body[:len(body)/2], 0)
		g.say(`{"event":"CLOSE"}`)
	}, want: "p2p_fallbacks"},
}

// attackedSegments are how many a player takes while the parent does its deed.
const attackedSegments = 12

func (d deed) run(t *testing.T, tracker string) outcome {
	s := newScene(t, tracker)
	s.digest = d.digest
	v := newVillain(t, func(g *grip, r datachannel.Request) { d.do(s, g, r) })
	v.join(tracker, s.url, 100e6)
	verify := d.verify
	if verify == "" {
		verify = "audit"
	}
	s.begin("--upload", "0", "--verify", verify)
	await(t, "the victim has come to the villain", 20*time.Second, func() bool { return v.asked.Load() > 0 })
	s.watched(attackedSegments)
	tr, _ := s.victim.track()
	if all := tr.Counts.Audits; verify == "strict" && all.Passed+all.Failed == 0 {
		t.Errorf("nothing was sampled: %+v", all)
	}
	text := fmt.Sprintf("asked for %d, took %d from it and %d from the source; ", v.asked.Load(), tr.Counts.P2P, tr.Counts.HTTP)
	if len(tr.Parents) > 0 {
		text += "the link stands"
	} else {
		text += fmt.Sprintf("ended the link (%d in all)", v.links.Load())
	}
	return outcome{text, s.counted(d.want), s.seen(d.wrong)}
}
