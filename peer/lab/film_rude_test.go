package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A neighbour that does what none of ours would. It is there from the start, and
// says so of itself what it likes.
type badNeighbour struct {
	opened  func(e *end)
	request func(e *end, url string, sn int64, body []byte) // body is the true one
}

// filmName is what peers call a segment of the film: as its playlist does.
func filmName(sn int64) string { return "vod/" + segmentName(sn) }

// holding is BITFIELD with the whole film.
func holding(e *end) {
	var all []string
	for sn := range 30 {
		all = append(all, fmt.Sprint(sn))
	}
	e.say(`{"event":"BITFIELD","field":[` + strings.Join(all, ",") + `]}`)
}

func saying(texts ...string) func(e *end) {
	return func(e *end) {
		for _, text := range texts {
			e.say(text)
		}
	}
}

// bitfieldOf is a BITFIELD of n times the same entries.
func bitfieldOf(n int, entries string) string {
	return `{"event":"BITFIELD","field":[` + strings.TrimSuffix(strings.Repeat(entries+",", n), ",") + `]}`
}

var badNeighbours = map[string]badNeighbour{
	"all promised and nothing given":   {opened: holding},
	"all promised and PIECE_NOT_FOUND": {holding, func(e *end, url string, sn int64, _ []byte) { e.say(notFound(url, sn)) }},
	"all promised and half of it given": {holding, func(e *end, url string, _ int64, body []byte) {
		e.say(header(url, 2, len(body)))
		e.throw(body[:len(body)/2])
	}},
	"false bytes": {holding, func(e *end, url string, _ int64, body []byte) { e.piece(url, 0, make([]byte, len(body)), 16<<10) }},
	"pieces that nobody asked for": {holding, func(e *end, _ string, sn int64, body []byte) {
		e.piece(filmName((sn+7)%30), 0, body, 16<<10)
	}},
	"a bitfield of 30,000":     {opened: saying(bitfieldOf(30_000, "1"))},
	"a bitfield beyond 64 KiB": {opened: saying(bitfieldOf(500_000, "1"))},
	"strange numbers": {opened: saying(
		bitfieldOf(100, `-1,1.5,9007199254740993,"x","7",null,[1],{"a":2},1e300`), `{"event":"HAVE","sn":-3}`, `{"event":"HAVE","sn":0.5}`,
		`{"event":"HAVE","sn":9007199254740993}`, `{"event":"LOST"}`, `{"event":"BITFIELD","field":7}`, `{"event":"PIECE_ACK"}`,
	)},
	"a flood of HAVE": {opened: func(e *end) {
		for i := range 3000 {
			e.say(fmt.Sprintf(`{"event":"HAVE","sn":%d}`, i*1000))
		}
	}},
	"a flood of requests": {opened: func(e *end) {
		for i := range 300 {
			e.say(fmt.Sprintf(`{"event":"REQUEST","sn":%d,"urgent":true}`, i))
		}
	}},
	"PING and PONG": {opened: func(e *end) {
		for range 100 {
			e.say(`{"event":"PING"}`)
			e.say(`{"event":"PONG"}`)
		}
	}},
	"words of another mesh": {opened: saying(
		`{"event":"DISPLACE","substreams":4}`, `{"event":"TRANSITION","ul_bw":1e9,"TTL":2,"source_TTL":2,"from_peer_id":"x"}`,
		`{"event":"GRANT","delay":0,"TTL":1,"parents":[],"from_peer_id":"x","to_peer_id":"y"}`,
	)},
	"not a word": {},
}

func notFound(url string, sn int64) string {
	return fmt.Sprintf(`{"event":"PIECE_NOT_FOUND","url":%q,"sn":%d}`, url, sn)
}

// TestBadNeighbour: whatever one neighbour does, the others watch the film to
// its end, see no false byte, and share it.
func TestBadNeighbour(t *testing.T) {
	t.Parallel()
	for name, bad := range rowsOf(badNeighbours) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o *Origin
			b := &bare{swarm: true, opened: bad.opened}
			b.hear = func(e *end, text string) {
				if url, sn, ok := requested(text); ok && bad.request != nil {
					bad.request(e, url, sn, o.Segment(RenditionVOD, sn))
				}
			}
			c := film(4, nil)
			c.Stays = []Stay{{From: 2 * time.Second}, {From: 4 * time.Second}, {From: 9 * time.Second}, {From: 14 * time.Second}}
			prepared(t, c, func(st *stage) { b.settle(st); o = st.origin }, func(st *stage) {
				leave := b.join(st)
				time.Sleep(80 * time.Second)
				st.unharmed()
				if b.offers.Load() == 0 {
					t.Error("nobody came to the neighbour")
				}
				for _, r := range st.rows() {
					if r.Viewer.Segments != 30 {
						t.Errorf("peer %d saw %d segments of 30", r.Peer, r.Viewer.Segments)
					}
				}
				if n := st.copies(); n > 2.5 {
					t.Errorf("%.2f copies from the source, want 2.5 at most", n)
				}
				leave()
			})
		})
	}
}

// TestSeedNeighbour: a peer that speaks only the seed's messages, without
// BITFIELD, is asked all the same, and what it has is used.
func TestSeedNeighbour(t *testing.T) {
	t.Parallel()
	var o *Origin
	b := &bare{swarm: true}
	b.hear = func(e *end, text string) {
		url, sn, ok := requested(text)
		switch {
		case !ok:
		case sn%2 == 0:
			e.piece(url, sn, o.Segment(RenditionVOD, sn), 16<<10)
		default:
			e.say(fmt.Sprintf(`{"event":"LACK","url":%q,"current":-1}`, url))
		}
	}
	c := film(1, nil)
	c.Origin.VODLoops = 15
	c.Stays = []Stay{{From: 2 * time.Second}}
	prepared(t, c, func(st *stage) { b.settle(st); o = st.origin }, func(st *stage) {
		leave := b.join(st)
		time.Sleep(2 * time.Minute)
		st.unharmed()
		r := st.rows()[0]
		if t.Logf("%d segments from the old peer", r.Counts.P2P); r.Counts.P2P < 5 {
			t.Errorf("%d segments came from the old peer, want 5 or more", r.Counts.P2P)
		}
		leave()
	})
}

// TestSwarmWire: what a peer of ours says to a stranger of the swarm: BITFIELD
// before all else, HAVE with each segment, PIECE or PIECE_NOT_FOUND to REQUESTs
// by url or by sn (cases 15, 73, 74).
func TestSwarmWire(t *testing.T) {
	t.Parallel()
	b := &bare{swarm: true}
	prepared(t, film(1, nil), b.settle, func(st *stage) {
		time.Sleep(10 * time.Second)
		defer b.join(st)()
		time.Sleep(time.Second)
		e := b.dial(st.id(0), "", nil)
		if text := <-e.texts; !strings.HasPrefix(text, `{"event":"BITFIELD","field":[`) {
			t.Fatalf("first message %.60q, want BITFIELD", text)
		}
		e.say(`{"event":"BITFIELD","field":[]}`)
		if got := e.ask(filmName(0), time.Second); got != "PIECE" {
			t.Errorf("answer %q to a REQUEST by url, want PIECE", got)
		}
		if got := e.ask(filmName(29), time.Second); got != "PIECE_NOT_FOUND" {
			t.Errorf("answer %q to a REQUEST for what is not here, want PIECE_NOT_FOUND", got)
		}
		e.say(`{"event":"PIECE_ACK","sn":0}`)
		e.say(`{"event":"REQUEST","sn":1,"urgent":true}`)
		if got := e.answer(filmName(1), 2*time.Second).Event; got != "PIECE" {
			t.Errorf("answer %q to a REQUEST by sn, want PIECE", got)
		}
		e.say(`{"event":"PIECE_ACK","sn":1}`)
		e.say(`{"event":"PING"}`)
		var have, pong bool
		limit := time.After(20 * time.Second)
		for !have || !pong {
			select {
			case text := <-e.texts:
				have = have || strings.HasPrefix(text, `{"event":"HAVE","sn":`)
				pong = pong || text == `{"event":"PONG"}`
			case <-limit:
				t.Fatalf("HAVE came: %v, PONG: %v", have, pong)
			}
		}
	})
}
