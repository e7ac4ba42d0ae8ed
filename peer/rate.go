package peer

import (
	"time"

	"hlspeer/peer/mesh"
)

// rateMeter measures a stream's bit rate on its segments (protocol 7.1, J1). Not
// safe for concurrent use.
type rateMeter struct{ mean, told float64 }

// observe takes a segment; it says whether the rate is worth telling: it is
// the first, or has moved by a tenth since the last time.
func (r *rateMeter) observe(size int64, d time.Duration) bool {
	if size <= 0 || d <= 0 {
		return false
	}
	bits := float64(size) * 8 / d.Seconds()
	if r.mean == 0 {
		r.mean = bits
	}
	r.mean += (bits - r.mean) / 8
	if r.mean > r.told*0.9 && r.mean < r.told*1.1 {
		return false
	}
	r.told = r.mean
	return true
}

// bits is the rate in bit/s, 0 while unknown.
func (r *rateMeter) bits() mesh.BitRate { return mesh.BitRate(r.mean) }
