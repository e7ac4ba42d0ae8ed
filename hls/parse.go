package hls

import (
	"bytes"
	"fmt"
	"net/url"
)

// Parse reads a playlist. base is the URL that it was got from, after
// redirects; its URIs are relative to that. The playlist keeps text, which the
// caller must leave alone from then on.
//
// Any bytes are welcome: what is no playlist of HLS, names a segment that
// cannot be fetched by HTTP or holds senseless numbers is an [ErrNotPlaylist],
// what exceeds [MaxPlaylist], [MaxSegments] or [MaxRenditions] an
// [ErrTooLarge].
func Parse(text []byte, base *url.URL) (*Playlist, error) {
	if len(text) > MaxPlaylist {
		return nil, fmt.Errorf("playlist of more than %d bytes: %w", MaxPlaylist, ErrTooLarge)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(text, bom)), []byte("#EXTM3U")) {
		return nil, fmt.Errorf("%w: it does not begin with an EXTM3U line", ErrNotPlaylist)
	}
	s := survey{base: base}
	for l := range lines(text) {
		if err := s.line(l); err != nil {
			return nil, err
		}
	}
	p := &Playlist{Text: text, Base: base, refs: s.refs}
	var err error
	switch {
	case s.isMaster && (s.isMedia || s.segments > 0):
		err = fmt.Errorf("%w: it names both segments and playlists", ErrNotPlaylist)
	case s.isMedia:
		p.Media, err = s.media()
	case s.isMaster:
		p.Master, err = s.master()
	default:
		err = fmt.Errorf("%w: it has none of the tags that one must have", ErrNotPlaylist)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// survey is the walk over a playlist: it notes every URI with its place and
// hands to the library what that reads right.
type survey struct {
	base              *url.URL
	isMedia, isMaster bool
	refs              []place
	segments          int
	renditions        []Rendition
	guard             guard
}

func (s *survey) line(l line) error {
	switch l.kind {
	case segmentLine:
		return s.segment(l)
	case variantLine:
		if ref := s.note(RefPlaylist, l.at, l.text); ref != nil {
			s.guard.variant(ref.Raw)
			return s.rendition(ref, RenditionVariant)
		}
		return nil
	case orphanLine:
		s.note(RefOther, l.at, l.text)
		return nil
	}
	switch l.name {
	case "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE":
		s.isMedia = true
	case "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA":
		s.isMaster = true
	}
	if err := s.attribute(l); err != nil {
		return err
	}
	return s.guard.tag(l)
}

// segment notes a segment. A player cannot do without one, so one that cannot
// be fetched spoils the playlist.
func (s *survey) segment(l line) error {
	if s.segments++; s.segments > MaxSegments {
		return fmt.Errorf("playlist of more than %d segments: %w", MaxSegments, ErrTooLarge)
	}
	if s.note(RefSegment, l.at, l.text) == nil {
		return fmt.Errorf("%w: segment %d has no URL of HTTP", ErrNotPlaylist, s.segments)
	}
	return s.guard.segment(l.text)
}

// attribute notes the URI in a tag.
func (s *survey) attribute(l line) error {
	kind, ok := attrKinds[l.name]
	if !ok {
		return nil
	}
	start, end, ok := findAttr(l.args, "URI")
	if !ok {
		return nil
	}
	args := l.at + len(l.name) + 1
	ref := s.note(kind, args+start, l.args[start:end])
	if ref == nil {
		return nil
	}
	switch l.name {
	case "#EXT-X-MEDIA":
		return s.rendition(ref, mediaKind(l))
	case "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-IMAGE-STREAM-INF":
		return s.rendition(ref, RenditionIFrames)
	}
	return nil
}

func mediaKind(l line) RenditionKind {
	kind, _ := l.attr("TYPE")
	switch string(kind) {
	case "AUDIO":
		return RenditionAudio
	case "SUBTITLES", "CLOSED-CAPTIONS":
		return RenditionSubtitles
	default:
		return RenditionVideo
	}
}

// note keeps a reference and its place; nil for one that HTTP cannot fetch,
// which stays in the text as it is.
func (s *survey) note(kind RefKind, at int, raw []byte) *Ref {
	if len(raw) == 0 {
		return nil
	}
	u, err := resolve(s.base, string(raw))
	if err != nil || !fetchable(u) {
		return nil
	}
	s.refs = append(s.refs, place{Ref{Kind: kind, Raw: string(raw), URL: u}, at, at + len(raw)})
	return &s.refs[len(s.refs)-1].Ref
}

func (s *survey) rendition(ref *Ref, kind RenditionKind) error {
	if len(s.renditions) == MaxRenditions {
		return fmt.Errorf("playlist that names more than %d playlists: %w", MaxRenditions, ErrTooLarge)
	}
	s.renditions = append(s.renditions, Rendition{URI: ref.Raw, URL: ref.URL, Kind: kind})
	return nil
}

// media joins the library's reading with the references.
func (s *survey) media() (*Media, error) {
	m, err := s.guard.media(s.base)
	if err != nil {
		return nil, err
	}
	i := 0
	for k := range s.refs {
		r := &s.refs[k]
		if r.Kind != RefSegment {
			continue
		}
		if i == len(m.Segments) || m.Segments[i].URI != r.Raw {
			return nil, errDisagree
		}
		r.SN, m.Segments[i].URL = m.Segments[i].SN, r.URL
		i++
	}
	if i != len(m.Segments) {
		return nil, errDisagree
	}
	return m, nil
}

var errDisagree = fmt.Errorf("%w: two readings of it differ", ErrNotPlaylist)

// master joins the library's reading with the references and names the
// renditions.
func (s *survey) master() (*Master, error) {
	variants, err := s.guard.variants()
	if err != nil {
		return nil, err
	}
	urls := map[TrackID]string{}
	for i := range s.renditions {
		r := &s.renditions[i]
		if r.Kind == RenditionVariant {
			if len(variants) == 0 || variants[0].URI != r.URI {
				return nil, errDisagree
			}
			r.Bandwidth, variants = variants[0].Bandwidth, variants[1:]
		}
		r.ID = RenditionID(r.URL)
		full := r.URL.String()
		if first, taken := urls[r.ID]; taken && first != full {
			r.ID = TrackID(shortHash(full))
		}
		urls[r.ID] = full
	}
	return &Master{s.renditions}, nil
}
