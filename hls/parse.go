package hls

import (
	"bytes"
	"fmt"
	"net/url"
)

// Parse reads a playlist. base is the URL that it was got from, after
// redirects; its URIs are relative to that. imported are the variables of the
// master playlist that names it, or nil. The playlist keeps text and imported,
// which the caller must leave alone from then on.
//
// Any bytes are welcome: what is no playlist of HLS, names a segment that
// cannot be fetched by HTTP or holds senseless numbers is an [ErrNotPlaylist],
// what exceeds [MaxPlaylist], [MaxSegments] or [MaxRenditions] an
// [ErrTooLarge].
func Parse(text []byte, base *url.URL, imported Variables) (*Playlist, error) {
	if len(text) > MaxPlaylist {
		return nil, fmt.Errorf("playlist of more than %d bytes: %w", MaxPlaylist, ErrTooLarge)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(text, bom)), []byte("#EXTM3U")) {
		return nil, fmt.Errorf("%w: it does not begin with an EXTM3U line", ErrNotPlaylist)
	}
	s := survey{base: base, variables: definer{base: base, imported: imported}}
	if n := bytes.Count(text, []byte("#EXTINF")); n > 0 {
		s.media.Segments = make([]Segment, 0, min(n, MaxSegments))
	}
	for l := range lines(text) {
		if err := s.line(l); err != nil {
			return nil, err
		}
	}
	p := &Playlist{Text: text, Base: base, imports: imported, query: s.variables.asked, refs: s.refs}
	var err error
	switch {
	case s.isMaster && (s.isMedia || len(s.media.Segments) > 0):
		err = fmt.Errorf("%w: it names both segments and playlists", ErrNotPlaylist)
	case s.isMedia:
		p.Media, err = s.list()
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

// survey is the walk over a playlist: it notes every URI with its place, what
// the tags say, and hands to the library what that reads right.
type survey struct {
	base              *url.URL
	isMedia, isMaster bool
	refs              []place
	variables         definer
	expanded          int // bytes of the URIs that variables made longer
	media             Media
	state             inForce
	streamInf         line // of the next variant
	renditions        []Rendition
	guard             guard
}

func (s *survey) line(l line) error {
	switch l.kind {
	case segmentLine:
		return s.segment(l)
	case variantLine:
		return s.variant(l)
	case orphanLine:
		_, err := s.note(RefOther, l.at, l.text)
		return err
	default:
		return s.tag(l)
	}
}

// tag takes a tag line.
func (s *survey) tag(l line) error {
	ref, err := s.attributes(l)
	if err != nil {
		return err
	}
	switch l.name {
	case "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-ENDLIST":
		s.isMedia = true
	case "#EXT-X-STREAM-INF":
		s.isMaster, s.streamInf = true, l
	case "#EXT-X-I-FRAME-STREAM-INF":
		s.isMaster = true
		err = s.rendition(ref, RenditionIFrames, l)
	case "#EXT-X-IMAGE-STREAM-INF":
		err = s.rendition(ref, RenditionIFrames, l)
	case "#EXT-X-MEDIA":
		s.isMaster = true
		err = s.rendition(ref, mediaKind(l), l)
	case "#EXT-X-DEFINE":
		s.variables.tag(l)
	}
	if err == nil {
		err = s.state.tag(l, ref)
	}
	if err != nil {
		return err
	}
	s.media.tag(l, len(s.media.Segments))
	return s.guard.tag(l)
}

// segment notes a segment. A player cannot do without one, so one that cannot
// be fetched spoils the playlist.
func (s *survey) segment(l line) error {
	if len(s.media.Segments) == MaxSegments {
		return fmt.Errorf("playlist of more than %d segments: %w", MaxSegments, ErrTooLarge)
	}
	ref, err := s.note(RefSegment, l.at, l.text)
	if err != nil {
		return err
	}
	if ref == nil {
		return fmt.Errorf("%w: segment %d has no URL of HTTP", ErrNotPlaylist, len(s.media.Segments)+1)
	}
	segment, err := s.state.segment(ref)
	if err != nil {
		return err
	}
	s.media.Segments = append(s.media.Segments, segment)
	s.guard.segment(segment)
	return nil
}

// variant notes the playlist of an EXT-X-STREAM-INF.
func (s *survey) variant(l line) error {
	ref, err := s.note(RefPlaylist, l.at, l.text)
	if ref == nil {
		return err
	}
	return s.rendition(ref, RenditionVariant, s.streamInf)
}

// attributes notes the URIs in a tag and gives the last one that HTTP can
// fetch, or nil.
func (s *survey) attributes(l line) (last *Ref, err error) {
	for _, attr := range uriAttrs[l.name] {
		start, end, ok := findAttr(l.args, attr.name)
		if !ok {
			continue
		}
		if l.name == "#EXT-X-PRELOAD-HINT" && l.value("TYPE") == "MAP" {
			attr.kind = RefMap // players know by its URI that they have it already
		}
		args := l.at + len(l.name) + 1
		ref, err := s.note(attr.kind, args+start, l.args[start:end])
		if err != nil {
			return nil, err
		}
		if ref != nil {
			last = ref
		}
	}
	if n := len(s.refs); n > 1 && s.refs[n-1].start < s.refs[n-2].start {
		s.refs[n-1], s.refs[n-2] = s.refs[n-2], s.refs[n-1] // two in one tag
	}
	return last, nil
}

func mediaKind(l line) RenditionKind {
	switch l.value("TYPE") {
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
func (s *survey) note(kind RefKind, at int, raw []byte) (*Ref, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	uri, err := s.variables.defined.expand(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPlaylist, err)
	}
	if s.expanded += max(0, len(uri)-len(raw)); s.expanded > MaxPlaylist {
		return nil, fmt.Errorf("variables make more than %d bytes: %w", MaxPlaylist, ErrTooLarge)
	}
	u, err := resolve(s.base, uri)
	if err != nil || !fetchable(u) {
		return nil, nil
	}
	s.refs = append(s.refs, place{Ref{Kind: kind, Raw: string(raw), URL: u}, at, at + len(raw)})
	return &s.refs[len(s.refs)-1].Ref, nil
}

// rendition keeps a playlist that a master playlist names. ref is nil for one
// that HTTP cannot fetch.
func (s *survey) rendition(ref *Ref, kind RenditionKind, l line) error {
	if ref == nil {
		return nil
	}
	if len(s.renditions) == MaxRenditions {
		return fmt.Errorf("playlist that names more than %d playlists: %w", MaxRenditions, ErrTooLarge)
	}
	r := Rendition{URI: ref.Raw, URL: ref.URL, Kind: kind, Bandwidth: l.bitRate("BANDWIDTH"), Average: l.bitRate("AVERAGE-BANDWIDTH")}
	if kind == RenditionVariant {
		s.guard.variant(r.URI)
	}
	s.renditions = append(s.renditions, r)
	return nil
}

// list joins the library's reading with ours.
func (s *survey) list() (*Media, error) {
	m := s.media
	if err := s.guard.media(&m); err != nil {
		return nil, err
	}
	i := 0
	for k := range s.refs {
		if r := &s.refs[k]; r.Kind == RefSegment {
			m.Segments[i].DiscontinuitySequence += m.DiscontinuitySequence
			r.SN = m.Segments[i].SN
			i++
		}
	}
	return &m, nil
}

var errDisagree = fmt.Errorf("%w: two readings of it differ", ErrNotPlaylist)

// master joins the library's reading with ours and names the renditions.
func (s *survey) master() (*Master, error) {
	variants, err := s.guard.variants()
	if err != nil {
		return nil, err
	}
	urls := map[TrackID]string{}
	for i := range s.renditions {
		r := &s.renditions[i]
		if r.Kind == RenditionVariant {
			if len(variants) == 0 || variants[0] != r.URI {
				return nil, errDisagree
			}
			variants = variants[1:]
		}
		r.ID = RenditionID(r.URL)
		full := r.URL.String()
		if first, taken := urls[r.ID]; taken && first != full {
			r.ID = TrackID(ShortHash(full))
		}
		urls[r.ID] = full
	}
	return &Master{Renditions: s.renditions, Variables: s.variables.defined}, nil
}
