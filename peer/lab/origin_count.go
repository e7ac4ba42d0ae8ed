package lab

import (
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
	// BySegment counts the requests for each of the newest 4096 segments of
	// each rendition that were in the window.
	BySegment map[SegmentKey]int64
}

// originCounts is safe for concurrent use.
type originCounts struct {
	mu       sync.Mutex
	bytes    int64
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
		c.requests.Segments++
		if c.requests.BySegment == nil {
			c.requests.BySegment = map[SegmentKey]int64{}
		}
		c.requests.BySegment[SegmentKey{res.rendition, res.sn}]++
		delete(c.requests.BySegment, SegmentKey{res.rendition, res.sn - countedSegments})
	}
}

func (c *originCounts) add(n int) {
	c.mu.Lock()
	c.bytes += int64(n)
	c.mu.Unlock()
}

func (c *originCounts) sent() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
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
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.ResponseWriter.Write(b)
	m.counts.add(n)
	return n, err
}

// Unwrap lets a fault flush what was sent.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
