package hls

import "net/url"

// RefKind says what a reference in a playlist names.
type RefKind string

// The kinds of references.
const (
	RefSegment  RefKind = "segment"
	RefPlaylist RefKind = "playlist"
	RefOther    RefKind = "other" // keys, initialization sections, parts, session data
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

// attrKinds are the tags whose URI attribute a player follows.
var attrKinds = map[string]RefKind{
	"#EXT-X-KEY":                RefOther,
	"#EXT-X-SESSION-KEY":        RefOther,
	"#EXT-X-MAP":                RefOther,
	"#EXT-X-PART":               RefOther,
	"#EXT-X-PRELOAD-HINT":       RefOther,
	"#EXT-X-SESSION-DATA":       RefOther,
	"#EXT-X-MEDIA":              RefPlaylist,
	"#EXT-X-I-FRAME-STREAM-INF": RefPlaylist,
	"#EXT-X-IMAGE-STREAM-INF":   RefPlaylist,
	"#EXT-X-RENDITION-REPORT":   RefPlaylist,
}
