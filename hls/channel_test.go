package hls

import (
	"context"
	"hash/crc32"
	"io"
	"sync"
	"testing"
)

// fakeBody is a segment that a test lets grow.
type fakeBody struct {
	mu      sync.Mutex
	data    []byte
	size    int64
	sealed  bool
	err     error
	changed chan struct{}
}

var _ Body = (*fakeBody)(nil)

func newBody() *fakeBody { return &fakeBody{size: -1, changed: make(chan struct{})} }

// complete is a body that is all there.
func complete(data []byte) *fakeBody {
	b := newBody()
	b.data, b.size, b.sealed = data, int64(len(data)), true
	return b
}

func (b *fakeBody) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *fakeBody) grow(s string)  { b.change(func() { b.data = append(b.data, s...) }) }
func (b *fakeBody) tell(n int64)   { b.change(func() { b.size = n }) }
func (b *fakeBody) fail(err error) { b.change(func() { b.err = err }) }
func (b *fakeBody) seal()          { b.change(func() { b.sealed, b.size = true, int64(len(b.data)) }) }

// wait waits until ready or failure; the lock is held when it returns nil.
func (b *fakeBody) wait(ctx context.Context, ready func() bool) error {
	for {
		b.mu.Lock()
		err, changed := b.err, b.changed
		if ready() {
			return nil
		}
		b.mu.Unlock()
		if err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *fakeBody) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.sealed {
		return nil
	}
	return b.data
}

func (b *fakeBody) Checksum() uint32 {
	return crc32.Checksum(b.Bytes(), crc32.MakeTable(crc32.Castagnoli))
}

func (b *fakeBody) Size() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size
}

func (b *fakeBody) WaitData(ctx context.Context) error {
	err := b.wait(ctx, func() bool { return len(b.data) > 0 || b.sealed })
	if err == nil {
		b.mu.Unlock()
	}
	return err
}

func (b *fakeBody) WaitSize(ctx context.Context) (int64, error) {
	if err := b.wait(ctx, func() bool { return b.size >= 0 }); err != nil {
		return -1, err
	}
	defer b.mu.Unlock()
	return b.size, nil
}

func (b *fakeBody) From(ctx context.Context, off int64) io.Reader {
	return &fakeReader{b, ctx, off}
}

type fakeReader struct {
	b   *fakeBody
	ctx context.Context
	off int64
}

func (r *fakeReader) Read(p []byte) (int, error) {
	b := r.b
	if err := b.wait(r.ctx, func() bool { return int64(len(b.data)) > r.off || b.sealed }); err != nil {
		return 0, err
	}
	defer b.mu.Unlock()
	if r.off >= int64(len(b.data)) {
		return 0, io.EOF
	}
	n := copy(p, b.data[r.off:])
	r.off += int64(n)
	return n, nil
}

// fakeTrack has one playlist and some segments.
type fakeTrack struct {
	playlist *Playlist
	err      error
	segments map[SN]Body
	failures map[SN]error
}

func (t *fakeTrack) Playlist(context.Context) (*Playlist, error) { return t.playlist, t.err }

func (t *fakeTrack) Segment(_ context.Context, sn SN) (Body, error) {
	if err := t.failures[sn]; err != nil {
		return nil, err
	}
	if b := t.segments[sn]; b != nil {
		return b, nil
	}
	return nil, ErrUnknownSegment
}

// fakeChannel is a channel of fixed tracks.
type fakeChannel map[TrackID]Track

func (c fakeChannel) Track(id TrackID) (Track, bool) {
	t, ok := c[id]
	return t, ok
}

func mustParse(t testing.TB, text string) *Playlist {
	t.Helper()
	p, err := Parse([]byte(text), mustURL(t, testBase), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
