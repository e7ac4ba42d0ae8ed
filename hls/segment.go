package hls

import (
	"fmt"
	"net/url"
	"time"
)

// SN is a media sequence number: EXT-X-MEDIA-SEQUENCE plus the place in the
// playlist (protocol 1.10).
type SN int64

// maxSN is the largest number that survives as a JSON number.
const maxSN SN = 1<<53 - 1

// Segment is one entry of a media playlist.
type Segment struct {
	SN SN
	// URI is what the playlist's line says, without the blanks around it: the
	// identity on the wire (protocol 1.10). Blanks inside belong to it, because
	// what stands before them may be the same for all segments.
	URI      string
	URL      *url.URL      // http or https
	Duration time.Duration // above 0; the target duration where the text has no sane one
	Range    *ByteRange    // nil: the whole resource, or see Fault
	// Fault says why nobody can tell which bytes the segment is. It keeps its
	// place in the list, and players are left to their own reading. nil: all is
	// well.
	Fault error

	Keys []Key        // in force; none: it is not encrypted
	Map  *InitSection // in force, or nil
	Gap  bool         // the source does not have it

	Discontinuity         bool  // it follows an EXT-X-DISCONTINUITY
	DiscontinuitySequence int64 // number of its stretch without discontinuity
	// ProgramDateTime is what the segment's own tag says; zero without one.
	ProgramDateTime time.Time
	BitRate         int64 // EXT-X-BITRATE, bit/s; 0 where none is stated
}

// ByteRange is a part of a resource, in bytes.
type ByteRange struct{ Offset, Length int64 }

// end is the offset behind the last byte.
func (r ByteRange) end() int64 { return r.Offset + r.Length }

// InitSection is an EXT-X-MAP: what a decoder needs before the segments.
type InitSection struct {
	URI   string   // as written
	URL   *url.URL // nil where HTTP cannot fetch it
	Range *ByteRange
}

// Key is an EXT-X-KEY. Several are in force at once where each speaks to
// another key system.
type Key struct {
	Method string   // such as AES-128
	URI    string   // as written
	URL    *url.URL // nil where HTTP cannot fetch it, as skd:
	IV     string   // as written; "": the segment's SN
	Format string   // KEYFORMAT; "": the key itself
}

// Encrypted says whether a key is in force.
func (s Segment) Encrypted() bool { return len(s.Keys) > 0 }

// Method is how the segment is encrypted, such as AES-128; "" if it is not.
func (s Segment) Method() string {
	if len(s.Keys) == 0 {
		return ""
	}
	return s.Keys[0].Method
}

// Identity tells the segment's bytes from all others of its playlist's source:
// its URI, and for a byte range what part of that it is. A URI is one line, so
// no whole resource has the identity of a part. ok is false for a segment of
// which nobody can tell.
//
// It is the segment's name between peers. Of a whole resource that is the one
// that clients of 2018 use (protocol 1.10), while the parts of a file have names
// that these never ask for (protocol 2.7).
func (s Segment) Identity() (id string, ok bool) {
	switch {
	case s.Fault != nil:
		return "", false
	case s.Range != nil:
		return fmt.Sprintf("%s\n%d@%d", s.URI, s.Range.Length, s.Range.Offset), true
	default:
		return s.URI, true
	}
}

// is says whether both are the same bytes.
func (s Segment) is(other *Segment) bool {
	a, known := s.Identity()
	b, _ := other.Identity()
	return known && a == b
}
