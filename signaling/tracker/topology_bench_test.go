package tracker

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/signaling"
)

// BenchmarkStep is what an event costs a room that some watch: one that changes a
// link of a channel of a thousand, the queues of all viewers included, and what
// a snapshot costs there.
func BenchmarkStep(b *testing.B) {
	for _, viewers := range []int{0, 1, 100} {
		b.Run(fmt.Sprintf("viewers=%d", viewers), func(b *testing.B) {
			l, watchers := watchedLoop(b, viewers)
			now := time.Duration(0)
			for i := 0; b.Loop(); i++ {
				now += time.Microsecond
				l.step(now, Message{"p1", signaling.DCOpened{DCID: "p1-p0", Substreams: 1 + i%2}})
				for _, w := range watchers {
					w.next()
				}
			}
		})
	}
	b.Run("snapshot", func(b *testing.B) {
		l, _ := watchedLoop(b, 0)
		for b.Loop() {
			l.room.Topology()
		}
	})
}

func watchedLoop(b *testing.B, viewers int) (*loop, []*watcher) {
	s, err := New(DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	h := s.hub
	l := newLoop(testRoomName, testRoom(1), h, s.meters)
	for i := range 1000 {
		l.step(0, Joined{Peer: signaling.PeerID(fmt.Sprint("p", i)), Enter: signaling.Enter{UplinkBW: 4e6}})
	}
	var watchers []*watcher
	for range viewers {
		w := newWatcher()
		if err := h.follow(testRoomName, w); err != nil {
			b.Fatal(err)
		}
		w.turn(testRoomName)
		if _, _, ask := w.next(); !ask {
			b.Fatal("a new viewer wants no snapshot")
		}
		watchers = append(watchers, w)
	}
	l.serveViewers()
	for _, w := range watchers {
		if m, _, _ := w.next(); m == nil {
			b.Fatal("no snapshot")
		}
	}
	return l, watchers
}
