package lab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// rudeAnswers are what a parent may do with a REQUEST that it should not.
var rudeAnswers = map[string]func(e *end, url string, body []byte){
	"bytes without a header":     func(e *end, _ string, body []byte) { e.throw(body[:1000]) },
	"words that are no message":  func(e *end, url string, _ []byte) { e.say(`{"event":"PIECE","url":` + url) },
	"a text of the longest kind": func(e *end, _ string, _ []byte) { e.say(padded(64 << 10)) },
	"a text too long":            func(e *end, _ string, _ []byte) { e.say(padded(64<<10 + 1)) },
	"a packet too large": func(e *end, url string, _ []byte) {
		e.say(header(url, 1, 300<<10))
		e.throw(make([]byte, 300<<10))
	},
	"ERROR": func(e *end, _ string, _ []byte) { e.say(`{"event":"ERROR","reason":"go away"}`) },
	"CLOSE": func(e *end, _ string, _ []byte) { e.say(`{"event":"CLOSE"}`) },
	"DISPLACE": func(e *end, _ string, _ []byte) {
		e.say(`{"event":"DISPLACE","substreams":4}`)
		e.say(`{"event":"DISPLACE","substreams":1e9}`)
	},
	"too few packets": func(e *end, url string, body []byte) { e.say(header(url, 3, len(body))); e.throw(body[:5000]) },
	"too many packets": func(e *end, url string, body []byte) {
		e.say(header(url, 1, len(body)))
		e.throw(body[:5000])
		e.throw(body[5000:])
	},
	"packets of nothing": func(e *end, url string, body []byte) {
		e.say(header(url, 50, len(body)))
		for range 50 {
			e.throw(nil)
		}
	},
	"a short piece":     func(e *end, url string, body []byte) { e.say(header(url, 1, len(body))); e.throw(body[:1]) },
	"a long piece":      func(e *end, url string, body []byte) { e.say(header(url, 1, 10)); e.throw(body) },
	"the largest piece": func(e *end, url string, _ []byte) { e.say(header(url, 1<<16, 64<<20)) },
	"more than that": func(e *end, url string, _ []byte) {
		e.say(strings.Replace(header(url, 1<<16, 0), `"size":0`, `"size":1099511627776`, 1))
	},
	"beyond all packets": func(e *end, url string, _ []byte) { e.say(header(url, 1<<17, 1<<20)) },
	"headers and no more": func(e *end, url string, body []byte) {
		for range 50 {
			e.say(header(url, 4, len(body)))
		}
	},
	"a false beginning": func(e *end, url string, body []byte) {
		e.say(header(url, 1, len(body)))
		e.throw(bytes.Repeat([]byte{7}, len(body)))
	},
	"another segment": func(e *end, url string, body []byte) {
		e.say(header("seg-1.ts", 1, len(body)))
		e.throw(body)
	},
	"LACK and then a piece": func(e *end, url string, body []byte) {
		e.say(fmt.Sprintf(`{"event":"LACK","url":%q,"current":-1}`, url))
		e.piece(url, 0, body, 16<<10)
	},
	"grants nobody asked for": func(e *end, url string, body []byte) {
		for i := range 100 {
			e.say(fmt.Sprintf(`{"event":"GRANT","delay":0,"TTL":%d,"parents":[{"peer_id":"x%d"}],"from_peer_id":"y%d","to_peer_id":"z"}`, i-50, i, i))
		}
		e.piece(url, 0, body, 16<<10)
	},
	"strange numbers": func(e *end, url string, body []byte) {
		e.say(fmt.Sprintf(`{"event":"PIECE","attachments":"1","url":%q,"sn":1e300,"size":"%d","current":"x","hops":1e9}`, url, len(body)))
		e.throw(body)
	},
	"words between packets": func(e *end, url string, body []byte) {
		e.say(header(url, 2, len(body)))
		e.throw(body[:5000])
		e.say(`{"event":"KEEPALIVE"}`)
		e.say(strings.Repeat("x", 100))
		e.throw(body[5000:])
	},
}

func header(url string, attachments, size int) string {
	return fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":%q,"sn":7,"size":%d}`, attachments, url, size)
}

// TestRudeParent: the only parent that there is answers REQUESTs in ways that no
// peer of ours could. Playback is unharmed, no false byte is shown or kept, and
// with an honest parent all is well.
func TestRudeParent(t *testing.T) {
	t.Parallel()
	for name, answer := range rowsOf(rudeAnswers) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o *Origin
			b := &bare{uplink: 100e6}
			b.hear = func(e *end, text string) {
				if url, sn, ok := requested(text); ok {
					answer(e, url, o.Segment(RenditionMain, sn))
				}
			}
			// The last peer is honest and comes when the rude one has gone.
			c := SwarmConfig{
				Peers: 3, Uplinks: []int64{0, 0, strong},
				Stays: []Stay{{}, {From: 500 * time.Millisecond}, {From: 50 * time.Second}},
			}
			prepared(t, c, func(st *stage) { b.settle(st); o = st.origin }, func(st *stage) {
				leave := b.join(st)
				time.Sleep(45 * time.Second)
				st.steady()
				if b.offers.Load() == 0 {
					t.Error("nobody came to the parent")
				}
				leave()
				time.Sleep(75 * time.Second)
				st.sharing(20*time.Second, 1)
				st.steady()
			})
		})
	}
}
