package lab

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func TestSegmentsAreUniqueAndPlayable(t *testing.T) {
	t.Parallel()
	o := originAt(0, OriginConfig{})
	seen := map[string]string{}
	for _, rendition := range []string{RenditionMain, RenditionLow, RenditionHigh, RenditionVOD} {
		for sn := range int64(3 * clipSegments) {
			path := segmentPath(rendition, sn)
			b := o.Segment(rendition, sn)
			if other, dup := seen[string(b)]; dup {
				t.Errorf("%s has the content of %s", path, other)
			}
			seen[string(b)] = path
			media := o.clip.stream[sn%clipSegments]
			if !bytes.HasPrefix(b, media) {
				t.Errorf("%s does not begin with the clip's segment", path)
			}
			for i, p := range packets(t, b[len(media):]) {
				if p.pid() != pidNull || !p.hasPayload() {
					t.Errorf("%s: extra packet %d has PID %#x", path, i, p.pid())
				}
				if want := fmt.Sprintf("hlspeer lab %s #%d\xFF", path, i); !bytes.HasPrefix(p.payload(), []byte(want)) {
					t.Errorf("%s: extra packet %d carries %q", path, i, p.payload())
				}
			}
		}
	}
}

func TestSegmentIsStable(t *testing.T) {
	t.Parallel()
	o := originAt(0, OriginConfig{})
	a := o.Segment(RenditionLow, 7)
	a[0] = 0 // the caller's own copy
	if b := originAt(time.Hour, OriginConfig{}).Segment(RenditionLow, 7); !bytes.Equal(b, o.Segment(RenditionLow, 7)) {
		t.Error("the content depends on the clock, or on what a caller did to an earlier copy")
	}
}

func TestSegmentThatCannotBe(t *testing.T) {
	t.Parallel()
	o := originAt(0, OriginConfig{})
	if o.Segment("other", 1) != nil || o.Segment(RenditionMain, -1) != nil {
		t.Error("content for a segment that cannot be")
	}
}

func TestBitRate(t *testing.T) {
	t.Parallel()
	clip := len(loadClip().stream[0])
	for _, tt := range []struct {
		bitRate   int64
		speed     float64
		rendition string
		want      int // bytes, to be exceeded by less than a packet
	}{
		{0, 1, RenditionMain, clip + tsPacket},
		{1000, 1, RenditionMain, clip + tsPacket},
		{0, 1, RenditionHigh, 2 * (clip + tsPacket)},
		{2_500_000, 1, RenditionLow, 625_000},
		{2_500_000, 1, RenditionHigh, 1_250_000},
		{2_500_000, 2, RenditionVOD, 312_500},
	} {
		got := len(originAt(0, OriginConfig{BitRate: tt.bitRate, Speed: tt.speed}).Segment(tt.rendition, 0))
		if got < tt.want || got >= tt.want+tsPacket {
			t.Errorf("%d bit/s, speed %v, %q: %d bytes, want %d", tt.bitRate, tt.speed, tt.rendition, got, tt.want)
		}
	}
}

func BenchmarkSegment(b *testing.B) {
	o := originAt(0, OriginConfig{BitRate: 2_500_000})
	b.SetBytes(int64(len(o.Segment(RenditionMain, 0))))
	b.ReportAllocs()
	for b.Loop() {
		o.Segment(RenditionMain, 0)
	}
}
