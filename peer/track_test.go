package peer

import (
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/hls"
)

// TestJustListed: a player has seen a playlist that the loop has yet to enter,
// and asks for its newest segment. That is never an unknown one.
func TestJustListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr, _ := testTrack(t)
		base, _ := url.Parse("http://source/a.m3u8")
		pl, err := hls.Parse([]byte(liveText), base, nil)
		if err != nil {
			t.Fatal(err)
		}
		tr.list.set(pl, nil)
		asked := make(chan error)
		go func() {
			_, err := tr.Segment(t.Context(), 6)
			asked <- err
		}()
		time.Sleep(10 * time.Millisecond)
		tr.win.update(pl.Media, 0)
		if err := <-asked; err != nil {
			t.Errorf("a listed segment: %v", err)
		}
		if _, err := tr.Segment(t.Context(), 8); !errors.Is(err, hls.ErrUnknownSegment) {
			t.Errorf("a segment that is not listed: %v", err)
		}
		tr.ring.Close()
	})
}
