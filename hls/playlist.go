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

// Playlist is one text of the source and its meaning. Exactly one of Master
// and Media is set. Only [Parse] makes one, and nobody changes it afterwards,
// so it may be shared between goroutines.
type Playlist struct {
	Text   []byte   // as it came
	Base   *url.URL // what its URIs are relative to
	Master *Master
	Media  *Media

	imports Variables  // what the text may import
	query   url.Values // what the text takes from the query of Base
	refs    []place    // ascending, in Text
}

// Master lists every other playlist that a master playlist names, in its
// order.
type Master struct {
	Renditions []Rendition
	// Variables are those that the text defines: what its renditions import.
	Variables Variables
}

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
	Average   int64 // AVERAGE-BANDWIDTH, bit/s; 0 where none is stated
	Kind      RenditionKind
	// ID is RenditionID(URL), except where two URLs of one master playlist
	// differ only in the query: then the later one has an id of its own.
	ID TrackID
}

// PlaylistType says what the source may still do to a list of segments.
type PlaylistType string

// The types of media playlists.
const (
	PlaylistLive  PlaylistType = ""      // segments come and go
	PlaylistEvent PlaylistType = "EVENT" // segments come, none goes
	PlaylistVOD   PlaylistType = "VOD"   // nothing changes
)

// Media is a list of segments.
type Media struct {
	TargetDuration time.Duration // at least 1 s
	Sequence       SN            // of the first segment, counting the skipped ones
	// Skipped is how many segments a delta update leaves out at the beginning.
	// What they said of keys, initialization sections and byte ranges is not
	// known for those that follow.
	Skipped int
	// DiscontinuitySequence is the number of discontinuities before the text.
	DiscontinuitySequence int64
	Type                  PlaylistType
	Ended                 bool // nothing will be added
	IFramesOnly           bool // each segment is the byte range of one I-frame
	// Start is where players begin: from the beginning, or if negative from the
	// end. nil: where they like.
	Start    *time.Duration
	Control  ServerControl
	Segments []Segment
}

// ServerControl is what the source offers to low-latency players.
type ServerControl struct {
	CanBlockReload bool          // requests may wait for a segment or part
	CanSkipUntil   time.Duration // age from which on delta updates leave out; 0: there are none
	PartTarget     time.Duration // longest part; 0: there are none
}

// segment is the segment sn, or nil. m may be nil.
func (m *Media) segment(sn SN) *Segment {
	if m == nil || len(m.Segments) == 0 {
		return nil
	}
	i := sn - m.Segments[0].SN
	if i < 0 || i >= SN(len(m.Segments)) {
		return nil
	}
	return &m.Segments[i]
}
