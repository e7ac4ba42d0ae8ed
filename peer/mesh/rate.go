package mesh

import "math"

// sane is b, or 0 where b is no amount of bandwidth: negative, infinite or no
// number.
func (b BitRate) sane() BitRate {
	if b > 0 && b <= math.MaxFloat64 {
		return b
	}
	return 0
}

// stream is b as the rate of a stream, or 0: none is so thin that quotients are
// no numbers.
func (b BitRate) stream() BitRate {
	if b = b.sane(); b < 1 {
		return 0
	}
	return b
}

// share is the rate of one substream of the stream, in whole bit/s; 0 while
// unknown (protocol 4.5).
func (f *Fastmesh) share() BitRate {
	return BitRate(math.Round(float64(f.stream) / float64(len(f.slots))))
}
