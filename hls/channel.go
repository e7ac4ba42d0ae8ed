package hls

import (
	"context"
	"io"
)

// Channel is what a name of the proxy stands for. Safe for concurrent use.
type Channel interface {
	// Track is the channel's own URL for "", else a rendition of its master
	// playlist ([Rendition.ID]).
	Track(id TrackID) (Track, bool)
}

// Homed is a [Channel] whose requests, made by the proxy itself, are those of
// certain hosts (see [FromHome]).
type Homed interface {
	Home() []string
}

// Track is one playlist and its segments. Safe for concurrent use.
type Track interface {
	// Playlist is the newest text known. It may block for the first one.
	Playlist(ctx context.Context) (*Playlist, error)
	// Segment opens a segment for a player and does not wait for its bytes.
	// ctx is the player's request. [ErrGone] is answered with 404, and so is
	// [ErrUnknownSegment] unless the player has the segment from a text that
	// came past the track: then the source answers.
	Segment(ctx context.Context, sn SN) (Body, error)
}

// Body is a segment that may still be arriving. Whatever it shows may reach a
// screen. Safe for concurrent use.
type Body interface {
	// Bytes is everything once it is complete, before that nil. Nobody changes
	// it.
	Bytes() []byte
	// Checksum tells versions of Bytes apart. It costs nothing from the second
	// call on.
	Checksum() uint32
	// Size is the size in bytes, -1 while unknown.
	Size() int64
	// WaitData returns nil once there is a first byte or everything, and an
	// error when the segment has failed for good or ctx ends.
	WaitData(ctx context.Context) error
	// WaitSize waits for the size, bytes.
	WaitSize(ctx context.Context) (int64, error)
	// From reads from the byte at off on and blocks for those that are not
	// there yet. It ends with an error other than io.EOF when the segment fails
	// or ctx ends.
	From(ctx context.Context, off int64) io.Reader
}
