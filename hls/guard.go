package hls

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
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
	clean    bytes.Buffer
	segments int
	duration float64 // of the next segment, s; 0: none that makes sense
	target   float64 // s; 0: none that makes sense
}

const maxSeconds = 24 * 60 * 60 // a longer duration makes no sense

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
		g.duration = max(seconds(value), 0)
	case "#EXT-X-TARGETDURATION":
		g.target = max(seconds(l.args), 0)
	case "#EXT-X-MEDIA-SEQUENCE":
		return g.sequence(l)
	case "#EXT-X-DISCONTINUITY", "#EXT-X-ENDLIST":
		g.put(l.name)
	}
	return nil
}

// seconds reads a time; 0 for one that makes no sense.
func seconds(text []byte) float64 {
	s, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err != nil || !(math.Abs(s) <= maxSeconds) {
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

// segment takes a segment.
func (g *guard) segment(s Segment) {
	g.segments++
	if r := s.Range; r != nil {
		g.put("#EXT-X-BYTERANGE:", strconv.FormatInt(r.Length, 10), "@", strconv.FormatInt(r.Offset, 10))
	}
	g.put("#EXTINF:", strconv.FormatFloat(g.duration, 'f', -1, 64), ",")
	g.put(s.URI)
	g.duration = 0
}

// variant takes a variant. Its attributes are ours to read.
func (g *guard) variant(uri string) {
	g.put("#EXT-X-STREAM-INF:BANDWIDTH=0")
	g.put(uri)
}

// media reads the list of segments into m, which has what the library does not
// read of them.
func (g *guard) media(m *Media) error {
	if g.target > 0 {
		// Last, because the library raises it with each longer segment.
		g.put("#EXT-X-TARGETDURATION:", strconv.FormatFloat(g.target, 'f', -1, 64))
	}
	read, err := m3u8.NewMediaPlaylist(0, uint(g.segments)+1)
	if err != nil {
		return fmt.Errorf("making room for %d segments: %w", g.segments, err)
	}
	if err := g.decode(read); err != nil {
		return err
	}
	if int(read.Count()) != len(m.Segments) {
		return errDisagree
	}
	m.TargetDuration = max(duration(read.TargetDuration), time.Second)
	m.Sequence, m.Ended = SN(read.SeqNo), read.Closed
	if int64(m.Sequence) > int64(maxSN)-MaxSegments-int64(m.Skipped) {
		return fmt.Errorf("%w: %d segments are skipped behind %d", ErrNotPlaylist, m.Skipped, m.Sequence)
	}
	for i := range m.Segments {
		s, from := &m.Segments[i], read.Segments[i]
		if from.URI != s.URI || s.Range != nil && *s.Range != (ByteRange{from.Offset, from.Limit}) {
			return errDisagree
		}
		s.SN, s.Discontinuity = SN(from.SeqId)+SN(m.Skipped), from.Discontinuity
		if s.Duration = duration(from.Duration); s.Duration <= 0 {
			s.Duration = m.TargetDuration
		}
	}
	return nil
}

// duration is a checked number of seconds.
func duration(s float64) time.Duration {
	return time.Duration(math.Round(s * float64(time.Second)))
}

// variants reads the URIs of a master playlist's variants.
func (g *guard) variants() ([]string, error) {
	read := m3u8.NewMasterPlaylist()
	if err := g.decode(read); err != nil {
		return nil, err
	}
	out := make([]string, len(read.Variants))
	for i, v := range read.Variants {
		out[i] = v.URI
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
