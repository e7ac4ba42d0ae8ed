package peer

import (
	"context"
	"io"

	"hlspeer/cache"
	"hlspeer/hls"
)

// body shows a segment to players: the bytes that may reach a screen.
type body struct{ *cache.Segment }

var _ hls.Body = body{}

// From reads the verified bytes from off on, as they come.
func (b body) From(ctx context.Context, off int64) io.Reader {
	return b.Reader(ctx, off, cache.Verified)
}
