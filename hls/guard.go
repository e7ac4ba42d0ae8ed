package hls

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grafov/m3u8"
)

// guard stands between a stranger's text and the m3u8 library, the only user of
// which it is. The library panics on a key without a segment, reads implicit
// byte-range offsets as 0, blank lines as segments and nan as a duration, wraps
// large bandwidths, and joins audio groups to variants in quadratic space. So
// it is given a text of its own: only the tags that are read from it, with
// numbers that were checked, and only URIs that belong to one of them.
type guard struct {
	clean     bytes.Buffer
	segments  int
	duration  float64    // of the next segment, s; 0: none that makes sense
	part      *ByteRange // of the next segment; Offset < 0: after the one before
	target    float64    // s; 0: none that makes sense
	streamInf []byte     // of the next variant
	lastURI   string     // of the byte range before
	lastEnd   int64
}

const (
	maxSeconds = 24 * 60 * 60 // a longer duration makes no sense
	maxOffset  = 1 << 53      // bytes
)

func (g *guard) put(parts ...string) {
	for _, p := range parts {
		g.clean.WriteString(p)
	}
	g.clean.WriteByte('\n')
}

// tag takes a tag line.
func (g *guard) tag(l line) error {
	switch l.name {
	case "#EXTINF":
		value, _, _ := bytes.Cut(l.args, []byte(","))
		g.duration = seconds(value)
	case "#EXT-X-TARGETDURATION":
		g.target = seconds(l.args)
	case "#EXT-X-MEDIA-SEQUENCE":
		return g.sequence(l)
	case "#EXT-X-BYTERANGE":
		return g.byteRange(l)
	case "#EXT-X-STREAM-INF":
		g.streamInf = l.text
	case "#EXT-X-KEY":
		g.put(string(l.text))
	case "#EXT-X-MAP":
		if uri, ok := l.attr("URI"); ok && len(uri) > 0 {
			g.put(`#EXT-X-MAP:URI="`, string(uri), `"`)
		}
	case "#EXT-X-DISCONTINUITY", "#EXT-X-ENDLIST":
		g.put(l.name)
	}
	return nil
}

// seconds reads a duration; 0 for one that makes no sense.
func seconds(text []byte) float64 {
	s, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err != nil || !(s > 0 && s <= maxSeconds) {
		return 0
	}
	return s
}

// sequence takes the number of the first segment. Behind a segment it has no
// meaning.
func (g *guard) sequence(l line) error {
	if g.segments > 0 {
		return nil
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(l.args)), 10, 64)
	if err != nil || n < 0 || n > int64(maxSN)-MaxSegments {
		return fmt.Errorf("%w: media sequence %.32q", ErrNotPlaylist, l.args)
	}
	g.put(l.name, ":", strconv.FormatInt(n, 10))
	return nil
}

func (g *guard) byteRange(l line) error {
	length, offset, explicit := strings.Cut(string(bytes.TrimSpace(l.args)), "@")
	r := ByteRange{Offset: -1}
	var err error
	if r.Length, err = strconv.ParseInt(length, 10, 64); err == nil && explicit {
		r.Offset, err = strconv.ParseInt(offset, 10, 64)
	}
	if err != nil || r.Length <= 0 || r.Length > maxOffset || r.Offset > maxOffset || explicit && r.Offset < 0 {
		return fmt.Errorf("%w: byte range %.32q", ErrNotPlaylist, l.args)
	}
	g.part = &r
	return nil
}

// segment takes the URI of a segment.
func (g *guard) segment(uri []byte) error {
	g.segments++
	if r := g.part; r != nil {
		if r.Offset < 0 {
			r.Offset = 0
			if g.lastURI == string(uri) {
				r.Offset = g.lastEnd
			}
		}
		g.lastURI, g.lastEnd = string(uri), r.Offset+r.Length
		if g.lastEnd > maxOffset {
			return fmt.Errorf("%w: byte range beyond %d", ErrNotPlaylist, int64(maxOffset))
		}
		g.put("#EXT-X-BYTERANGE:", strconv.FormatInt(r.Length, 10), "@", strconv.FormatInt(r.Offset, 10))
	} else {
		g.lastURI = ""
	}
	g.put("#EXTINF:", strconv.FormatFloat(g.duration, 'f', -1, 64), ",")
	g.put(string(uri))
	g.part, g.duration = nil, 0
	return nil
}

// variant takes the URI of a variant. A bandwidth that the library cannot hold
// counts as not stated.
func (g *guard) variant(uri string) {
	_, args, _ := bytes.Cut(g.streamInf, []byte(":"))
	start, end, _ := findAttr(args, "BANDWIDTH")
	bandwidth, err := strconv.ParseUint(string(args[start:end]), 10, 32)
	if err != nil {
		bandwidth = 0
	}
	g.put("#EXT-X-STREAM-INF:BANDWIDTH=", strconv.FormatUint(bandwidth, 10))
	g.put(uri)
}

// media reads the list of segments, without their URLs.
func (g *guard) media(base *url.URL) (*Media, error) {
	if g.target > 0 {
		// Last, because the library raises it with each longer segment.
		g.put("#EXT-X-TARGETDURATION:", strconv.FormatFloat(g.target, 'f', -1, 64))
	}
	read, err := m3u8.NewMediaPlaylist(0, uint(g.segments)+1)
	if err != nil {
		return nil, fmt.Errorf("making room for %d segments: %w", g.segments, err)
	}
	if err := g.decode(read); err != nil {
		return nil, err
	}
	m := &Media{
		TargetDuration: max(duration(read.TargetDuration), time.Second),
		Sequence:       SN(read.SeqNo),
		Ended:          read.Closed,
		Segments:       make([]Segment, read.Count()),
	}
	var method string
	var init *url.URL
	for i := range m.Segments {
		from := read.Segments[i]
		if from.Key != nil {
			method = from.Key.Method
		}
		if from.Map != nil {
			if init, err = resolve(base, from.Map.URI); err != nil {
				return nil, fmt.Errorf("%w: EXT-X-MAP: %w", ErrNotPlaylist, err)
			}
		}
		m.Segments[i] = segmentOf(from, method, m.TargetDuration)
		m.Segments[i].Map = init
	}
	return m, nil
}

// segmentOf is the library's segment in our words.
func segmentOf(from *m3u8.MediaSegment, method string, target time.Duration) Segment {
	s := Segment{
		SN:            SN(from.SeqId),
		URI:           from.URI,
		Duration:      duration(from.Duration),
		Discontinuity: from.Discontinuity,
	}
	if s.Duration <= 0 {
		s.Duration = target
	}
	if from.Limit > 0 {
		s.Range = &ByteRange{Offset: from.Offset, Length: from.Limit}
	}
	if method != "" && method != "NONE" {
		s.Encrypted, s.Method = true, method
	}
	return s
}

// duration is a checked number of seconds.
func duration(s float64) time.Duration {
	return time.Duration(math.Round(s * float64(time.Second)))
}

// variants reads the variants of a master playlist, without their URLs.
func (g *guard) variants() ([]Rendition, error) {
	read := m3u8.NewMasterPlaylist()
	if err := g.decode(read); err != nil {
		return nil, err
	}
	out := make([]Rendition, len(read.Variants))
	for i, v := range read.Variants {
		out[i] = Rendition{URI: v.URI, Bandwidth: int64(v.Bandwidth)}
	}
	return out, nil
}

// decode lets the library read the clean text. That it panics no more is what
// the fuzz targets say; that no stranger ever finds the rest is recover's work.
func (g *guard) decode(into m3u8.Playlist) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: its reader failed: %v", ErrNotPlaylist, fault)
		}
	}()
	// Without the last line end, behind which the library sees one more
	// segment and gives it the key that the next one was to have.
	text := append([]byte("#EXTM3U\n"), bytes.TrimSuffix(g.clean.Bytes(), []byte("\n"))...)
	if err := into.DecodeFrom(bytes.NewReader(text), true); err != nil {
		return fmt.Errorf("%w: %w", ErrNotPlaylist, err)
	}
	return nil
}
