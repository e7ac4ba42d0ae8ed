package peer

import (
	"fmt"
	"time"

	"hlspeer/datachannel"
	"hlspeer/hls"
)

// entry is a segment with its place on the track's time line: when it was
// listed, or, for entries of the first playlist, would have been had they been
// listed one after another. It is in the loop's time.
type entry struct {
	hls.Segment
	name string // url of REQUEST and PIECE (protocol 1.10); "": it has none
	at   time.Duration
}

// nameOnWire is what peers call a segment: its identity, where that is known and
// short enough to be sent.
func nameOnWire(s hls.Segment) string {
	id, ok := s.Identity()
	if !ok || len(id) > datachannel.MaxURL {
		return ""
	}
	return id
}

// travels says whether peers may ask each other for the segment.
func (e entry) travels() bool { return e.name != "" && e.Shareable() }

// exists says whether the source can be asked for the segment.
func (e entry) exists() bool { return !e.Gap && e.Fault == nil }

// fileName is a segment's file without what changes although the bytes do not:
// the host of a network of caches, a token in the query.
func fileName(s *hls.Segment) string {
	if s.Range == nil {
		return s.URL.EscapedPath()
	}
	return fmt.Sprintf("%s\n%d@%d", s.URL.EscapedPath(), s.Range.Length, s.Range.Offset)
}

// fileNames counts how often a list has each file name. Where it is the query
// that tells segments apart, all have the same.
func fileNames(segments []hls.Segment) map[string]int {
	n := make(map[string]int, len(segments))
	for i := range segments {
		n[fileName(&segments[i])]++
	}
	return n
}

// redated says whether a segment has another date than it had, by more than it
// lasts: the names are the same, but time has gone on.
func redated(old, now *hls.Segment) bool {
	if old.ProgramDateTime.IsZero() || now.ProgramDateTime.IsZero() {
		return false
	}
	return old.ProgramDateTime.Sub(now.ProgramDateTime).Abs() > now.Duration
}
