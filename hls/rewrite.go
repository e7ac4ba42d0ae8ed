package hls

import "net/url"

// RefKind says what a reference in a playlist names.
type RefKind string

// The kinds of references.
const (
	RefSegment  RefKind = "segment"
	RefPlaylist RefKind = "playlist"
	RefKey      RefKind = "key"
	RefMap      RefKind = "map"      // initialization section, listed or announced
	RefPart     RefKind = "part"     // part of a segment, listed or announced
	RefData     RefKind = "data"     // session data
	RefSteering RefKind = "steering" // manifest of content steering
	RefAsset    RefKind = "asset"    // what an EXT-X-DATERANGE inserts
	RefOther    RefKind = "other"    // a line that belongs to nothing
)

// Ref is one URI in a playlist's text.
type Ref struct {
	Kind RefKind
	Raw  string // as written
	URL  *url.URL
	SN   SN // of a segment
}

// place is where a reference stands in the text.
type place struct {
	Ref
	start, end int
}

// Rewrite is the source's own text with every URI of HTTP replaced by what to
// says; every other byte stays as it is: line ends, unknown tags, blanks. It
// works line by line rather than from the parsed form, which would lose what
// this package does not know. URIs of other schemes (data:, skd:) stay too. to
// must give text without quotes and line ends.
func (p *Playlist) Rewrite(to func(Ref) string) []byte {
	const growth = 16 // bytes by which a reference may grow before out does
	out := make([]byte, 0, len(p.Text)+growth*len(p.refs))
	at := 0
	for _, r := range p.refs {
		out = append(out, p.Text[at:r.start]...)
		out = append(out, to(r.Ref)...)
		at = r.end
	}
	return append(out, p.Text[at:]...)
}

// uriAttr is an attribute that holds a URI.
type uriAttr struct {
	name string
	kind RefKind
}

// uriAttrs are the attributes that a player follows, by tag.
var uriAttrs = map[string][]uriAttr{
	"#EXT-X-KEY":                {{"URI", RefKey}},
	"#EXT-X-SESSION-KEY":        {{"URI", RefKey}},
	"#EXT-X-MAP":                {{"URI", RefMap}},
	"#EXT-X-PART":               {{"URI", RefPart}},
	"#EXT-X-PRELOAD-HINT":       {{"URI", RefPart}},
	"#EXT-X-SESSION-DATA":       {{"URI", RefData}},
	"#EXT-X-CONTENT-STEERING":   {{"SERVER-URI", RefSteering}},
	"#EXT-X-DATERANGE":          {{"X-ASSET-URI", RefAsset}, {"X-ASSET-LIST", RefAsset}},
	"#EXT-X-MEDIA":              {{"URI", RefPlaylist}},
	"#EXT-X-I-FRAME-STREAM-INF": {{"URI", RefPlaylist}},
	"#EXT-X-IMAGE-STREAM-INF":   {{"URI", RefPlaylist}},
	"#EXT-X-RENDITION-REPORT":   {{"URI", RefPlaylist}},
}
