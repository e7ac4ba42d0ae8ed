package datachannel

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// observer is a Watcher that notes what it sees, by handler.
type observer struct {
	mu   sync.Mutex
	seen map[Handler][]string
	last chan struct{} // gets something for each sum
}

func (o *observer) note(h Handler, out bool, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	way := "in "
	if out {
		way = "out "
	}
	o.seen[h] = append(o.seen[h], way+text)
}

func (o *observer) Text(h Handler, out bool, text []byte) { o.note(h, out, string(text)) }

func (o *observer) Attachments(h Handler, out bool, sum Attachments) {
	o.note(h, out, fmt.Sprintf("%s: %d, %d bytes of %d, %v", sum.Piece.URL, sum.Count, sum.Bytes, sum.Piece.Size, sum.Err))
	o.last <- struct{}{}
}

// TestWatcher: whoever watches sees each message and the sum of each piece, of both
// directions, also of a piece that is broken off.
func TestWatcher(t *testing.T) {
	t.Parallel()
	o := &observer{seen: map[Handler][]string{}, last: make(chan struct{}, 16)}
	c := testConfig()
	c.Watcher = o
	p := connect(t, newTestHost(t, c), newTestHost(t, c))
	if err := p.child.Send(Request{URL: "whole", SN: 42}); err != nil {
		t.Fatal(err)
	}
	take(t, "REQUEST", p.parentEar.messages)
	p.sendPiece(t, "whole", noise(40_000, 1))
	if err := p.parent.SendPiece(t.Context(), Piece{URL: "half", Size: 40_000}, &source{data: noise(16<<10, 1), fail: errTest}); err == nil {
		t.Error("a source that fails is sent")
	}
	for range 4 {
		take(t, "sum", o.last)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for h, want := range map[*ear][]string{
		p.childEar: {
			`out {"event":"REQUEST","url":"whole","sn":42}`, `in {"event":"PIECE","attachments":3,"url":"whole"`,
			"in whole: 3, 40000 bytes of 40000, <nil>", `in {"event":"LACK","url":"half"`, "in half: 1, 16384 bytes of 40000, broken off",
		},
		p.parentEar: {
			`in {"event":"REQUEST","url":"whole"`, `out {"event":"PIECE","attachments":3,"url":"whole"`, "out whole: 3, 40000 bytes of 40000, <nil>",
			`out {"event":"LACK","url":"half"`, "out half: 1, 16384 bytes of 40000, broken off",
		},
	} {
		at := 0
		for _, w := range want {
			i := slices.IndexFunc(o.seen[h][at:], func(s string) bool { return strings.HasPrefix(s, w) })
			if i < 0 {
				t.Fatalf("no %q behind entry %d of %q", w, at, o.seen[h])
			}
			at += i + 1
		}
	}
}
