package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

// rudeness is what a child may say that it should not.
type rudeness struct {
	say func(e *end, self, remote signaling.PeerID)
	// ends says that the link does not survive it.
	ends bool
}

// texts are sent one after another.
func texts(all ...string) func(*end, signaling.PeerID, signaling.PeerID) {
	return func(e *end, _, _ signaling.PeerID) {
		for _, text := range all {
			e.say(text)
		}
	}
}

// many is n texts, in which %d stands for the count.
func many(n int, format string) func(*end, signaling.PeerID, signaling.PeerID) {
	return func(e *end, _, _ signaling.PeerID) {
		for i := range n {
			e.say(strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
		}
	}
}

// steadily says n texts each so often, for 20 s.
func steadily(n int, each time.Duration, format string) func(*end, signaling.PeerID, signaling.PeerID) {
	say := many(n, format)
	return func(e *end, self, remote signaling.PeerID) {
		for range 20 * time.Second / each {
			if say(e, self, remote); !e.alive() {
				return
			}
			time.Sleep(each)
		}
	}
}

// binaries are n messages of so many bytes.
func binaries(n, size int) func(*end, signaling.PeerID, signaling.PeerID) {
	return func(e *end, _, _ signaling.PeerID) {
		for range n {
			e.throw(make([]byte, size))
		}
	}
}

// lives are TRANSITIONs and GRANTs with such TTLs, of the child itself, of who
// hears them, and of somebody else.
func lives(ttls ...string) func(e *end, self, remote signaling.PeerID) {
	return func(e *end, self, remote signaling.PeerID) {
		for _, ttl := range ttls {
			for _, from := range []signaling.PeerID{self, remote, "nobody"} {
				e.say(fmt.Sprintf(`{"event":"TRANSITION","ul_bw":1e9,"TTL":%s,"source_TTL":8,"from_peer_id":%q}`, ttl, from))
				e.say(fmt.Sprintf(`{"event":"TRANSITION","ul_bw":1e9,"TTL":%s,"source_TTL":%s,"from_peer_id":%q}`, ttl, ttl, from))
				e.say(fmt.Sprintf(`{"event":"GRANT","delay":0,"TTL":%s,"parents":[{"peer_id":%q}],"from_peer_id":"x","to_peer_id":%q}`, ttl, from, remote))
			}
		}
	}
}

// padded is a message of exactly n bytes.
func padded(n int) string {
	const head, tail = `{"event":"KEEPALIVE","x":"`, `"}`
	return head + strings.Repeat("a", n-len(head)-len(tail)) + tail
}

var rude = map[string]rudeness{
	"a few words that are no messages": {say: texts("", "x", "{", "[]", "null", "7", `{"event":7}`, "\xff\xfe", strings.Repeat("[", 5000))},
	"many such words":                  {say: many(30, "{%d"), ends: true},
	"messages without sense": {say: texts(
		`{"event":"PIECE"}`, `{"event":"PIECE","attachments":-1,"url":"a","size":-1}`, `{"event":"PIECE","attachments":1e9,"url":"a","size":1e18}`,
		`{"event":"TRANSITION"}`, `{"event":"GRANT","TTL":"x"}`, `{"event":"REQUEST"}`, `{"event":"LACK"}`,
	)},
	"unknown events":       {say: many(1000, `{"event":"FOO%d","url":"a"}`)},
	"the longest text":     {say: texts(padded(64 << 10))},
	"a text too long":      {say: texts(padded(64<<10 + 1)), ends: true},
	"some stray binaries":  {say: binaries(8, 1000)},
	"many stray binaries":  {say: binaries(30, 1), ends: true},
	"the largest binary":   {say: binaries(1, 256<<10)},
	"a binary too large":   {say: binaries(1, 256<<10+1), ends: true},
	"ERROR":                {say: texts(`{"event":"ERROR","reason":"` + strings.Repeat("x", 1000) + `"}`), ends: true},
	"CLOSE and more":       {say: texts(`{"event":"CLOSE"}`, `{"event":"DISPLACE"}`, `{"event":"CLOSE"}`), ends: true},
	"a LACK of everything": {say: many(2000, `{"event":"LACK","url":"seg-%d.ts","current":7}`)},

	"segments nobody asked for": {say: func(e *end, _, _ signaling.PeerID) {
		for i := range 5 {
			e.say(fmt.Sprintf(`{"event":"PIECE","attachments":2,"url":"seg-%d.ts","size":376}`, i+10))
			e.throw(make([]byte, 188))
			e.throw(make([]byte, 188))
		}
	}},
	"many of these": {say: many(40, `{"event":"PIECE","attachments":1,"url":"seg-%d.ts","size":188}`), ends: true},
	"a huge one":    {say: texts(`{"event":"PIECE","attachments":65536,"url":"seg-12.ts","size":67108864}`)},

	"REQUESTs by the thousand":    {say: many(3000, `{"event":"REQUEST","url":"nothing-%d.ts"}`), ends: true},
	"REQUESTs without end":        {say: steadily(60, 500*time.Millisecond, `{"event":"REQUEST","url":"nothing-%d.ts"}`), ends: true},
	"many REQUESTs":               {say: steadily(20, 500*time.Millisecond, `{"event":"REQUEST","url":"nothing-%d.ts"}`)},
	"HAVEs without end":           {say: steadily(150, 500*time.Millisecond, `{"event":"HAVE","sn":%d}`), ends: true},
	"KEEPALIVEs by the thousand":  {say: many(3000, `{"event":"KEEPALIVE","current":%d}`), ends: true},
	"TRANSITIONs by the thousand": {say: many(3000, `{"event":"TRANSITION","ul_bw":1e9,"TTL":2,"source_TTL":2,"from_peer_id":"nobody%d"}`)},
	"GRANTs by the thousand":      {say: many(3000, `{"event":"GRANT","delay":0,"TTL":1,"parents":[],"from_peer_id":"a%d","to_peer_id":"b%d"}`)},
	"lives of all lengths":        {say: lives("0", "-1", "1", "8", "9", `"2"`, "1.5", "65536")},
	"lives without end":           {say: lives("2147483648")},
	"lives without sense":         {say: lives("1e99", "null", `"x"`, "[]"), ends: true},
	"grants for the asking": {say: func(e *end, self, remote signaling.PeerID) {
		parents := strings.Repeat(fmt.Sprintf(`{"peer_id":%q,"substreams":1e9},"x",7,null,`, self), 500)
		e.say(fmt.Sprintf(`{"event":"GRANT","delay":1e9,"TTL":1,"parents":[%s"y"],"from_peer_id":%q,"to_peer_id":%q}`, parents, self, remote))
	}},
}

// TestRudeChild: a peer that feeds, and one that is fed, hear from a child what
// they should not. They ignore it or end the link; nobody's playback suffers,
// and the link goes on to serve if it stands.
func TestRudeChild(t *testing.T) {
	t.Parallel()
	for name, tt := range rowsOf(rude) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clashed(t, func(st *stage, e *end, self, remote signaling.PeerID) {
				tt.say(e, self, remote)
				time.Sleep(20 * time.Second)
				if e.alive() == tt.ends {
					t.Errorf("the link stands: %v, want %v", e.alive(), !tt.ends)
				}
				if edge := int64(*st.rows()[0].Edge); e.alive() && e.ask(segmentName(edge), 2*time.Second) != "PIECE" {
					t.Error("the link does not serve any more")
				}
			})
		})
	}
}

// TestRudeClimber: a child that makes itself a parent, of as much as it likes,
// and has nothing to give, is one for a short time only.
func TestRudeClimber(t *testing.T) {
	t.Parallel()
	for name, text := range rowsOf(map[string]string{
		"without a number": `{"event":"DISPLACE"}`,
		"of all":           `{"event":"DISPLACE","substreams":4}`,
		"of too many":      `{"event":"DISPLACE","substreams":1000000000}`,
		"beyond numbers":   `{"event":"DISPLACE","substreams":9223372036854775808}`,
		"of none":          `{"event":"DISPLACE","substreams":0}`,
		"of less":          `{"event":"DISPLACE","substreams":-5}`,
		"of words":         `{"event":"DISPLACE","substreams":{"a":[]}}`,
	}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clashed(t, func(_ *stage, e *end, _, _ signaling.PeerID) {
				for range 50 {
					e.say(text)
				}
				time.Sleep(50 * time.Second)
				if e.alive() {
					t.Error("a parent that delivers nothing is still one")
				}
			})
		})
	}
}

// clashed has two peers, of which one feeds the other, and a bare peer that is
// a child of each and does something to it. Afterwards all must be well.
func clashed(t *testing.T, do func(st *stage, e *end, self, remote signaling.PeerID)) {
	t.Helper()
	b := &bare{}
	c := SwarmConfig{Peers: 2, Uplinks: []int64{strong}, JoinEvery: time.Second}
	prepared(t, c, b.settle, func(st *stage) {
		time.Sleep(20 * time.Second)
		defer b.join(st)()
		time.Sleep(time.Second)
		for _, r := range st.rows() {
			remote := signaling.PeerID(r.PeerID)
			do(st, b.dial(remote, "any label", nil), b.self, remote)
			st.steady()
		}
		time.Sleep(20 * time.Second)
		st.sharing(20*time.Second, 1)
		st.steady()
		if ids := slices.Sorted(maps.Keys(st.tracked())); len(ids) != 3 {
			t.Errorf("the tracker knows %v, want two peers and the bare one", ids)
		}
	})
}
