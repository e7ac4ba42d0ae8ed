package peer

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// testTrack is a track that does not run, with one segment to fill, which nobody
// compares with the source.
func testTrack(t *testing.T) (*track, *fill) {
	t.Helper()
	c := DefaultConfig()
	c.Verify = VerifyOff
	c.Channels = []ChannelConfig{{URL: "http://source/live.m3u8"}}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.kit.host.Close(); err != nil {
			t.Error(err)
		}
	})
	u, _ := url.Parse("http://source/7.ts")
	ch := a.channels[0]
	tr := newTrack(a.kit, ch.name, ch.id, ch.list, slog.New(slog.DiscardHandler))
	_, filler := tr.ring.Open(7)
	return tr, &fill{seg: entry{Segment: hls.Segment{SN: 7, URI: "7.ts", URL: u, Duration: time.Second}}, filler: filler, began: time.Now()}
}

// packets are n packets of a transport stream.
func packets(n int) []byte {
	return bytes.Repeat(append([]byte{0x47}, make([]byte, 187)...), n)
}

// TestTakeOverInMidWrite: a new source takes over while the last one still
// writes. What the new one has to compare ends exactly where it goes on.
func TestTakeOverInMidWrite(t *testing.T) {
	t.Parallel()
	tr, f := testTrack(t)
	for sn := range cache.SN(400) {
		_, f.filler = tr.ring.Open(100 + sn)
		old := newAttempt(tr, f, "A", func() {})
		landed := make(chan struct{})
		var writing sync.WaitGroup
		writing.Go(func() {
			_, err := old.w.Write([]byte("x"))
			for close(landed); err == nil; {
				_, err = old.w.Write([]byte("x"))
			}
		})
		<-landed
		next := newAttempt(tr, f, "B", func() {})
		writing.Wait()
		if int64(len(next.before)) != next.w.Offset() || f.filler.Segment().Len() != next.w.Offset() {
			t.Fatalf("%d bytes to compare, but the attempt goes on at %d of %d",
				len(next.before), next.w.Offset(), f.filler.Segment().Len())
		}
		f.filler.Abort(nil)
	}
}

// TestNothingFalseLands: the source's answer lands only if it begins like a
// segment.
func TestNothingFalseLands(t *testing.T) {
	t.Parallel()
	page := []byte("<!DOCTYPE html><html>" + string(bytes.Repeat([]byte("sorry "), 1000)))
	for name, tt := range map[string]struct {
		answer []byte
		chunk  int
		lands  int64
		err    error
	}{
		"segment":             {packets(10), 100, 1880, nil},
		"segment at once":     {packets(10), 10_000, 1880, nil},
		"one packet":          {packets(1), 188, 188, nil},
		"page":                {page, 100, 0, errBadContent},
		"page at once":        {page, 1 << 20, 0, errBadContent},
		"short page":          {page[:50], 50, 0, errBadContent},
		"nothing":             {nil, 1, 0, errBadContent},
		"zeros":               {make([]byte, 5000), 1000, 0, errBadContent},
		"half a first packet": {packets(1)[:100], 100, 0, errBadContent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, f := testTrack(t)
			a := newAttempt(tr, f, "", func() {})
			err := a.SetSize(int64(len(tt.answer)))
			for rest := tt.answer; len(rest) > 0 && err == nil; {
				n := min(tt.chunk, len(rest))
				_, err = a.Write(rest[:n])
				rest = rest[n:]
			}
			if err == nil && a.proof != nil {
				err = a.prove()
			}
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			s := f.filler.Segment()
			if s.Len() != tt.lands {
				t.Errorf("%d bytes landed, want %d", s.Len(), tt.lands)
			}
			if tt.lands == 0 && s.Size() >= 0 {
				t.Errorf("the size %d of something else was believed", s.Size())
			}
		})
	}
}

// TestSizeOfByteRange: how long a byte range is says the playlist, and no peer.
func TestSizeOfByteRange(t *testing.T) {
	t.Parallel()
	tr, f := testTrack(t)
	f.seg.Range = &hls.ByteRange{Offset: 188, Length: 376}
	a := newAttempt(tr, f, "A", func() {})
	for size, want := range map[int64]mesh.Reason{375: mesh.BadSize, 377: mesh.BadSize, 1: mesh.BadSize} {
		if err := a.SetSize(size); err == nil || reasonOf(err) != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := a.SetSize(376); err != nil {
		t.Error(err)
	}
}
