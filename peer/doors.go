package peer

import (
	"context"

	"hlspeer/cache"
)

// maxWaiting is how many segments that players have asked for may be on their way
// to a track at once. A player that seeks through a film asks for hundreds and
// hangs up; what a fill has begun goes on, since others may be reading.
const maxWaiting = 32

// doors let so many in.
type doors chan struct{}

func newDoors() doors { return make(doors, maxWaiting) }

// open opens a segment for a player. One that is not there yet has to wait for a
// door, which is free again when the segment is there or has failed; a player
// that hangs up meanwhile has asked for nothing. filler is given to the first.
func (d doors) open(ctx context.Context, t *track, sn cache.SN) (*cache.Segment, *cache.Filler, error) {
	if seg := t.ring.Lookup(sn); seg != nil {
		seg, filler := t.ring.Open(sn) // which it may have left just now
		return seg, filler, nil
	}
	select {
	case d <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	case <-t.ended:
		return nil, nil, errStopping
	}
	seg, filler := t.ring.Open(sn)
	if filler == nil {
		<-d
		return seg, nil, nil
	}
	go func() {
		select {
		case <-seg.Done():
		case <-t.ended:
		}
		<-d
	}()
	return seg, filler, nil
}
