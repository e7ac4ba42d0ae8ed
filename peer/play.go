package peer

import (
	"context"
	"fmt"
	"time"

	"hlspeer/cache"
	"hlspeer/hls"
)

var _ hls.Track = (*track)(nil)

// Playlist is the newest text; it waits for the first one.
func (t *track) Playlist(ctx context.Context) (*hls.Playlist, error) {
	t.post(func() { t.head.asked = max(t.head.asked, t.now()) })
	return t.list.newest(ctx)
}

// Segment opens sn for a player. What is listed is fetched; what is not is
// served only if it is still there.
func (t *track) Segment(ctx context.Context, sn hls.SN) (hls.Body, error) {
	e, ok := t.listedNow(ctx, sn)
	switch {
	case !ok || e.Gap:
		if seg := t.ring.Lookup(cache.SN(sn)); seg != nil {
			return body{Segment: seg}, nil
		}
		if ok {
			return nil, fmt.Errorf("segment %d is a gap: %w", sn, hls.ErrGone)
		}
		return nil, hls.ErrUnknownSegment
	case e.Fault != nil:
		return nil, fmt.Errorf("segment %d: %w", sn, e.Fault)
	}
	w := t.awaiting(e)
	seg, filler, err := t.doors.open(ctx, t, cache.SN(sn))
	if err != nil {
		return nil, err
	}
	if !t.post(func() { t.demanded(sn, filler) }) && filler != nil {
		filler.Abort(errStopping)
	}
	return body{seg, w}, nil
}

// indexWithin is more than the loop takes to enter a new playlist.
const indexWithin = time.Second

// listedNow is the entry of sn, if it is listed. A player may have seen a
// playlist that is on its way to the loop, in which sn is another segment; then
// it waits for that.
func (t *track) listedNow(ctx context.Context, sn hls.SN) (entry, bool) {
	ctx, cancel := context.WithTimeout(ctx, indexWithin)
	defer cancel()
	for {
		of, changed := t.win.version()
		if of == t.list.media() {
			return t.win.segment(sn)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return t.win.segment(sn)
		}
	}
}
