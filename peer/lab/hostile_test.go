package lab

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer"
	"hlspeer/signaling"
)

// truth is the content of the segment that a REQUEST names.
func (st *stage) truth(r datachannel.Request) []byte {
	sn, _ := parseSegmentName(r.URL)
	return st.origin.Segment(RenditionMain, sn)
}

// TestHostileParent: the only parent there is does not do its duty. Playback
// is unharmed by it, and nobody is shown or keeps a false byte. A forgery that
// is a transport stream of the right form would pass: that takes digests.
func TestHostileParent(t *testing.T) {
	t.Parallel()
	send := func(s *stranger, l *datachannel.Link, r datachannel.Request, size int, c *content) {
		c.s = s
		_ = l.SendPiece(s.ctx, datachannel.Piece{URL: r.URL, SN: r.SN, Size: int64(size), Current: r.SN}, c)
	}
	type deed = func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request)
	for name, do := range map[string]deed{
		"lacks": func(_ *stage, _ *stranger, l *datachannel.Link, r datachannel.Request) {
			_ = l.Send(datachannel.Lack{URL: r.URL, SN: r.SN, Current: datachannel.NoSN})
		},
		"lacks late": func(_ *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			pause(s.ctx, 2200*time.Millisecond)
			_ = l.Send(datachannel.Lack{URL: r.URL, SN: r.SN, Current: datachannel.NoSN})
		},
		"lacks something else": func(_ *stage, _ *stranger, l *datachannel.Link, r datachannel.Request) {
			_ = l.Send(datachannel.Lack{URL: r.URL + "x", SN: r.SN + 5, Current: datachannel.NoSN})
		},
		"never answers": func(*stage, *stranger, *datachannel.Link, datachannel.Request) {},
		"declares too much": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body)+1000, &content{data: append(body, make([]byte, 1000)...)})
		},
		"declares too little": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body)-1000, &content{data: body})
		},
		"declares a size and sends nothing": func(_ *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			send(s, l, r, 4711, &content{block: true})
		},
		"declares the largest size and sends nothing": func(_ *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			send(s, l, r, 64<<20, &content{block: true})
		},
		"sends garbage": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			n := len(st.truth(r))
			send(s, l, r, n, &content{data: bytes.Repeat([]byte{0xAB}, n)})
		},
		"sends garbage in the middle": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			copy(body[len(body)/2:], bytes.Repeat([]byte{0xAB}, 1000))
			send(s, l, r, len(body), &content{data: body})
		},
		"sends garbage and breaks off": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			send(s, l, r, len(st.truth(r)), &content{data: bytes.Repeat([]byte{0xAB}, 20_000)})
		},
		"breaks off in the middle": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body), &content{data: body[:len(body)/2]})
		},
		"falls silent in the middle": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body), &content{data: body[:len(body)/2], block: true})
		},
		"closes in the middle": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body), &content{data: body[:len(body)/2]})
			l.Close(nil)
		},
		"is slow": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body), &content{data: body, every: time.Second})
		},
		"sends what nobody asked for": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			next := datachannel.Request{URL: segmentName(int64(r.SN) + 1), SN: r.SN + 1}
			send(s, l, next, len(body), &content{data: bytes.Repeat([]byte{0x47}, len(body))})
			send(s, l, r, len(body), &content{data: body})
		},
		"sends it twice": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			body := st.truth(r)
			send(s, l, r, len(body), &content{data: body})
			send(s, l, r, len(body), &content{data: bytes.Repeat([]byte{0xAB}, len(body))})
		},
		"gives orders": func(st *stage, s *stranger, l *datachannel.Link, r datachannel.Request) {
			for range 5 {
				_ = l.Send(datachannel.Displace{Substreams: 4})
				_ = l.Send(datachannel.Transition{UplinkBW: 1e9, TTL: 2, SourceTTL: 2, From: "somebody"})
				_ = l.Send(datachannel.Grant{TTL: 1, From: "somebody", To: "somebody"})
				_ = l.Send(datachannel.Request{URL: r.URL, SN: r.SN})
			}
			send(s, l, r, len(st.truth(r)), &content{data: st.truth(r)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stranger{}
			c := SwarmConfig{Peers: 2, JoinEvery: 500 * time.Millisecond, adjust: func(_ int, c *peer.Config) { c.Upload = 0 }}
			prepared(t, c, func(st *stage) {
				s.request = func(s *stranger, l *datachannel.Link, r datachannel.Request) { do(st, s, l, r) }
				st.settle(s)
			}, func(st *stage) {
				leave := s.join(st)
				time.Sleep(70 * time.Second)
				st.unharmed()
				for _, r := range st.rows() {
					if r.Viewer.Retries > 0 {
						t.Errorf("peer %d: %d requests of its player failed", r.Peer, r.Viewer.Retries)
					}
				}
				if s.asked.Load() == 0 {
					t.Error("nobody asked the stranger for anything")
				}
				leave()
			})
		})
	}
}

// TestHostileChild: a child asks for too much and for what it should not. It
// gets LACK, the source hears nothing of it, and the uplink is kept.
func TestHostileChild(t *testing.T) {
	t.Parallel()
	const uplink = 800_000
	s := &stranger{}
	var mu sync.Mutex
	paths := map[string]bool{}
	c := SwarmConfig{
		Peers: 2, Uplinks: []int64{uplink}, JoinEvery: time.Second,
		Origin: OriginConfig{Faults: func(r *http.Request) Fault {
			mu.Lock()
			defer mu.Unlock()
			paths[r.URL.Path] = true
			return Fault{}
		}},
	}
	prepared(t, c, func(st *stage) { st.settle(s) }, func(st *stage) {
		time.Sleep(20 * time.Second)
		defer s.join(st)()
		time.Sleep(time.Second)
		l := s.dial(signaling.PeerID(st.rows()[0].PeerID))

		names := []string{
			"seg-999999.ts", "../live.m3u8", "/etc/passwd", "http://127.0.0.1:1/x.ts", "//evil/x.ts", "file:///etc/passwd",
			"low/seg-10.ts", "seg-10.ts?x", "SEG-10.ts", " seg-10.ts", strings.Repeat("a", 2000),
		}
		for _, name := range names {
			if err := l.Send(datachannel.Request{URL: name, SN: datachannel.NoSN}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		if got := int(s.lacks.Load()); got != len(names) {
			t.Errorf("%d LACKs for %d unknown names", got, len(names))
		}
		if s.bytes.Load() > 0 {
			t.Error("bytes for an unknown name")
		}

		began, lacks := time.Now(), s.lacks.Load()
		edge := int64(*st.rows()[0].Edge)
		for range 60 {
			for sn := edge - 7; sn <= edge; sn++ {
				if err := l.Send(datachannel.Request{URL: segmentName(sn), SN: datachannel.SN(sn)}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(250 * time.Millisecond)
		}
		if s.lacks.Load() == lacks {
			t.Error("no LACK for more REQUESTs than a queue holds")
		}
		most := int64(uplink / 8 * time.Since(began).Seconds() * 1.1)
		if got := s.bytes.Load(); got == 0 || got > most+128<<10 {
			t.Errorf("%d bytes were sent, want some, and %d at most by the uplink", got, most)
		}
		// It makes itself a parent, and delivers nothing.
		if err := l.Send(datachannel.Displace{Substreams: 4}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if l.Err() == nil {
			t.Error("a parent that delivers nothing is still one")
		}
		st.unharmed()
		mu.Lock()
		defer mu.Unlock()
		for p := range paths {
			if p != "/live.m3u8" && !strings.HasPrefix(p, "/seg-") || strings.Contains(p, "999999") {
				t.Errorf("the source was asked for %s", p)
			}
		}
	})
}
