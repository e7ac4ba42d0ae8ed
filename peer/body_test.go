package peer

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"hlspeer/cache"
)

// TestBodyIsCompleteOnlyWhenRight: what a player is sent before the seal ends
// short of the declared size, so that a segment that proves wrong is never a
// complete answer.
func TestBodyIsCompleteOnlyWhenRight(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	content := []byte("0123456789")
	for name, tt := range map[string]struct {
		end  func(*cache.Filler)
		want string
		err  error
	}{
		"right": {func(f *cache.Filler) { _ = f.Seal() }, "3456789", nil},
		"wrong": {func(f *cache.Filler) { f.Abort(wrong) }, "345678", wrong},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seg, filler := cache.NewRing(cache.NewBudget(1<<20), 1<<20).Open(1)
				w := filler.Writer(true)
				if err := w.SetSize(int64(len(content))); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(content); err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				ended := make(chan error)
				go func() {
					// What a proxy reads of an answer with a length.
					_, err := io.Copy(&got, io.LimitReader(body{Segment: seg}.From(t.Context(), 3), int64(len(content)-3)))
					ended <- err
				}()
				synctest.Wait()
				if got.String() != "345678" {
					t.Errorf("before the end of the segment %q, want all but the last byte", got.String())
				}
				tt.end(filler)
				if err := <-ended; !errors.Is(err, tt.err) || got.String() != tt.want {
					t.Errorf("%q and %v, want %q and %v", got.String(), err, tt.want, tt.err)
				}
			})
		})
	}
}
