package cache_test

import (
	"fmt"
	"io"
	"sync"
	"testing"

	"hlspeer/cache"
)

const (
	benchSegment = 2 * mib
	benchPiece   = 16 * kib
)

// A segment arrives in pieces, from a trusted source that declares its size, from
// one that does not, and from a peer, while readers relay it packet by packet.
func BenchmarkFill(b *testing.B) {
	for _, bench := range []struct {
		name    string
		trust   bool
		declare bool
	}{{"origin", trusted, true}, {"origin-chunked", trusted, false}, {"peer", untrusted, true}} {
		for _, readers := range []int{0, 1, 4} {
			b.Run(fmt.Sprintf("%s/readers=%d", bench.name, readers), func(b *testing.B) {
				r := cache.NewRing(cache.NewBudget(roomy), maxTested)
				data := pattern(benchSegment)
				b.SetBytes(benchSegment)
				b.ReportAllocs()
				var sn cache.SN
				for b.Loop() {
					fillBench(b, r, sn, data, bench.trust, bench.declare, readers)
					sn++
				}
			})
		}
	}
}

func fillBench(b *testing.B, r *cache.Ring, sn cache.SN, data []byte, trust, declared bool, readers int) {
	s, f := r.Open(sn)
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			reader := s.Reader(b.Context(), 0, cache.Arriving)
			for {
				if _, err := reader.Next(benchPiece); err == io.EOF {
					return
				} else if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	w := f.Writer(trust)
	if declared {
		declare(b, w, len(data))
	}
	for rest := data; len(rest) > 0; rest = rest[benchPiece:] {
		write(b, w, rest[:benchPiece])
	}
	seal(b, f)
	group.Wait()
}

func BenchmarkWriteToSealed(b *testing.B) {
	s := sealed(b, newRing(), 1, pattern(benchSegment))
	b.SetBytes(benchSegment)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Reader(b.Context(), 0, cache.Verified).WriteTo(&writes{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The path of a request that finds its segment.
func BenchmarkOpenHit(b *testing.B) {
	r := newRing()
	sealed(b, r, 1, pattern(1))
	b.ReportAllocs()
	for b.Loop() {
		if _, f := r.Open(1); f != nil {
			b.Fatal("no hit")
		}
	}
}

// Next on a packet that is there.
func BenchmarkNext(b *testing.B) {
	s := sealed(b, newRing(), 1, pattern(benchSegment))
	reader := s.Reader(b.Context(), 0, cache.Arriving)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reader.Next(benchPiece); err == io.EOF {
			reader = s.Reader(b.Context(), 0, cache.Arriving)
		}
	}
}
