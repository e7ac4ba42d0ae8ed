package lab

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
)

// countedSegments is how many different segments of a rendition have their
// requests counted one by one; the count of the oldest is forgotten.
const countedSegments = 4096

// SegmentKey names one segment of an [Origin].
type SegmentKey struct {
	Rendition string
	SN        int64
}

// OriginRequests is what an [Origin] was asked for, GET and HEAD, answered
// faithfully or with a fault.
type OriginRequests struct {
	Playlists int64
	Segments  int64 // those of Gone included
	Gone      int64 // segments outside of the window
	// Samples are ranges of 16 KiB at most that do not begin with their segment: peers
	// compare what they have with them. They are not among Segments.
	Samples int64
	// BySegment counts the requests for each of the newest 4096 segments of
	// each rendition that were in the window.
	BySegment map[SegmentKey]int64
}

// originCounts is safe for concurrent use.
type originCounts struct {
	mu       sync.Mutex
	bytes    int64
	samples  int64 // bytes
	requests OriginRequests
}

func (c *originCounts) asked(res resource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch res.kind {
	case kindPlaylist:
		c.requests.Playlists++
	case kindGone:
		c.requests.Segments++
		c.requests.Gone++
	case kindSegment:
		if res.sample {
			c.requests.Samples++
			return
		}
		c.requests.Segments++
		if c.requests.BySegment == nil {
			c.requests.BySegment = map[SegmentKey]int64{}
		}
		c.requests.BySegment[SegmentKey{res.rendition, res.sn}]++
		delete(c.requests.BySegment, SegmentKey{res.rendition, res.sn - countedSegments})
	}
}

func (c *originCounts) add(n int, sample bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sample {
		c.samples += int64(n)
	} else {
		c.bytes += int64(n)
	}
}

func (c *originCounts) sent(samples bool) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if samples {
		return c.samples
	}
	return c.bytes
}

// mostSample is the largest range that is taken for a sample, bytes.
const mostSample = 16 << 10

// isSample says whether a Range header asks for a sample of a segment. Of one that
// begins with the segment nobody knows: players ask for pictures in this way.
func (o *Origin) isSample(res resource, header string) bool {
	var first, last, begin int64
	if n, err := fmt.Sscanf(header, "bytes=%d-%d", &first, &last); n != 2 || err != nil || res.kind != kindSegment {
		return false
	}
	if res.form().file != "" {
		begin = o.offset(res.rendition, res.sn)
	}
	return first > begin && last-first < mostSample
}

func (c *originCounts) snapshot() OriginRequests {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.requests
	r.BySegment = maps.Clone(r.BySegment)
	return r
}

// meter counts the body of a segment.
type meter struct {
	http.ResponseWriter
	counts *originCounts
	sample bool
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.ResponseWriter.Write(b)
	m.counts.add(n, m.sample)
	return n, err
}

// Unwrap lets a fault flush what was sent.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
