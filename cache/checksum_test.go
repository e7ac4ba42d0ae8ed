package cache_test

import (
	"hash/crc32"
	"sync"
	"testing"
)

func TestChecksum(t *testing.T) {
	t.Parallel()
	s, f := open(t, newRing(), 42)
	write(t, f.Writer(trusted), pattern(10))
	if got := s.Checksum(); got != 0 {
		t.Errorf("Checksum of a filling segment: %08x", got)
	}
	seal(t, f)
	want := crc32.Checksum(pattern(10), crc32.MakeTable(crc32.Castagnoli))
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			if got := s.Checksum(); got != want {
				t.Errorf("Checksum = %08x, want %08x", got, want)
			}
		})
	}
	askers.Wait()
}
