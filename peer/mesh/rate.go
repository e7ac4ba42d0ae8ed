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

// share is the rate of one substream of the stream, in whole bit/s; 0 while
// unknown (protocol 4.5).
func (f *Fastmesh) share() BitRate {
	return BitRate(math.Round(float64(f.stream) / float64(len(f.slots))))
}
