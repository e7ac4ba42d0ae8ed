package lab

import (
	"bytes"
	"sync"
	"testing"
)

// TestOriginRemembers: what is served again is what would be made anew, also
// after a restart, and the memory does not grow.
func TestOriginRemembers(t *testing.T) {
	t.Parallel()
	o := NewOrigin(OriginConfig{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for sn := range int64(3 * remembered) {
				if !bytes.Equal(o.shared(RenditionMain, sn), o.Segment(RenditionMain, sn)) {
					t.Errorf("segment %d is another", sn)
				}
			}
		})
	}
	wg.Wait()
	if n := len(o.memory.kept); n > remembered {
		t.Errorf("%d segments are kept", n)
	}
	before := o.shared(RenditionMain, 7)
	o.Restart(5)
	if after := o.shared(RenditionMain, 7); bytes.Equal(before, after) || !bytes.Equal(after, o.Segment(RenditionMain, 7)) {
		t.Error("after a restart it serves what was before")
	}
}
