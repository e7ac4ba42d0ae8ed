package mesh

import (
	"math"
	"time"
)

// httpTime estimates how long the HTTP source takes: for a segment, until the
// first byte, and for each byte that follows. Each is a moving mean plus two
// standard deviations (mesh 6.2). The zero value knows nothing yet.
type httpTime struct {
	whole, first average // seconds
	each         average // seconds a byte
}

const (
	httpTimeUnknown = time.Second // the estimate before the first sample
	httpTimeMax     = 20 * time.Second
	httpTimeWeight  = 1. / 8 // of a new sample
	// tellingBytes is how much the source must have sent for its rate to tell
	// anything.
	tellingBytes = 32 << 10
)

// average is a moving mean with its variance.
type average struct {
	mean, variance float64
	known          bool
}

// add learns from x. Of the first one nothing else is known: it may be off by the
// part doubt of itself.
func (m *average) add(x, doubt float64) {
	if !m.known {
		m.mean, m.variance, m.known = x, x*x*doubt*doubt, true
		return
	}
	off := x - m.mean
	step := httpTimeWeight * off
	m.mean += step
	m.variance = (1 - httpTimeWeight) * (m.variance + off*step)
}

// most is what it hardly ever is above.
func (m *average) most() float64 { return m.mean + 2*math.Sqrt(m.variance) }

// add learns from a whole segment.
func (h *httpTime) add(took time.Duration) {
	if took > 0 {
		h.whole.add(min(took, httpTimeMax).Seconds(), 1./2)
	}
}

// arrived learns from what the source brought: the whole segment, or the rest of
// one that a peer had begun.
func (h *httpTime) arrived(ev Arrived, whole bool) {
	if whole {
		h.add(ev.Took)
	}
	if ev.First <= 0 || ev.First > ev.Took {
		return
	}
	const doubt = 1. / 4
	h.first.add(min(ev.First, httpTimeMax).Seconds(), doubt)
	if ev.Bytes >= tellingBytes {
		h.each.add(min(ev.Took-ev.First, httpTimeMax).Seconds()/float64(ev.Bytes), doubt)
	}
}

// estimate is how long the source takes for a segment.
func (h *httpTime) estimate() time.Duration {
	if !h.whole.known {
		return httpTimeUnknown
	}
	return seconds(h.whole.most())
}

// need is how long it takes for so many bytes; below 0: for a segment of which
// the size is not known.
func (h *httpTime) need(bytes int64) time.Duration {
	if bytes < 0 || !h.parts() {
		return h.estimate()
	}
	return min(seconds(h.first.most()+h.each.most()*float64(bytes)), httpTimeMax)
}

// parts says that the time to the first byte and that of each are known apart.
func (h *httpTime) parts() bool { return h.first.known && h.each.known }

// firstByte is how long it takes to begin.
func (h *httpTime) firstByte() time.Duration {
	if !h.first.known {
		return h.estimate()
	}
	return seconds(h.first.most())
}

// reserve is how long before its play time a segment must be asked of the HTTP
// source to be there in time, where so many bytes are missing, as in need. What is
// known in parts takes a smaller margin than what is known by the segment.
func (h *httpTime) reserve(missing int64) time.Duration {
	if missing >= 0 && h.parts() {
		return h.need(missing)*5/4 + 500*time.Millisecond
	}
	return h.need(missing)*3/2 + 500*time.Millisecond
}

// seconds is s as a time, bounded: what is longer than a day is not told apart.
func seconds(s float64) time.Duration {
	return time.Duration(min(s, maxTimeout.Seconds()) * float64(time.Second))
}
