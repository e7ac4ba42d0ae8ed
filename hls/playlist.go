package hls

import (
	"net/url"
	"time"
)

// Limits of a playlist.
const (
	MaxPlaylist   = 1 << 20 // bytes of text
	MaxSegments   = 20_000  // segments listed
	MaxRenditions = 2_000   // playlists named by a master playlist
)

// SN is a media sequence number: EXT-X-MEDIA-SEQUENCE plus the place in the
// playlist (protocol 1.10).
type SN int64

// maxSN is the largest number that survives as a JSON number.
const maxSN SN = 1<<53 - 1

// Playlist is one text of the source and its meaning. Exactly one of Master
// and Media is set. Only [Parse] makes one, and nobody changes it afterwards,
// so it may be shared between goroutines.
type Playlist struct {
	Text   []byte   // as it came
	Base   *url.URL // what its URIs are relative to
	Master *Master
	Media  *Media

	refs []place // ascending, in Text
}

// Master lists every other playlist that a master playlist names, in its
// order.
type Master struct{ Renditions []Rendition }

// RenditionKind says what a rendition is for.
type RenditionKind string

// The kinds of renditions.
const (
	RenditionVariant   RenditionKind = "variant"
	RenditionAudio     RenditionKind = "audio"
	RenditionVideo     RenditionKind = "video"
	RenditionSubtitles RenditionKind = "subtitles"
	RenditionIFrames   RenditionKind = "iframes" // I-frame and image playlists
)

// Rendition is a playlist that a master playlist names.
type Rendition struct {
	URI       string // as written
	URL       *url.URL
	Bandwidth int64 // peak, bit/s; 0 where none is stated
	Kind      RenditionKind
	// ID is RenditionID(URL), except where two URLs of one master playlist
	// differ only in the query: then the later one has an id of its own.
	ID TrackID
}

// Media is a list of segments.
type Media struct {
	TargetDuration time.Duration // at least 1 s
	Sequence       SN            // of the first segment
	Ended          bool          // nothing will be added
	Segments       []Segment
}

// Segment is one entry of a media playlist.
type Segment struct {
	SN SN
	// URI is what the playlist's line says, without the blanks around it: the
	// identity on the wire (protocol 1.10). Blanks inside belong to it, because
	// what stands before them may be the same for all segments.
	URI           string
	URL           *url.URL      // http or https
	Duration      time.Duration // above 0; the target duration where the text has no sane one
	Range         *ByteRange    // nil: the whole resource
	Encrypted     bool          // a key is in force
	Method        string        // METHOD of that key, such as AES-128; "" without one
	Discontinuity bool          // the segment follows an EXT-X-DISCONTINUITY
	Map           *url.URL      // EXT-X-MAP in force, or nil
}

// ByteRange is a part of a resource, in bytes.
type ByteRange struct{ Offset, Length int64 }
