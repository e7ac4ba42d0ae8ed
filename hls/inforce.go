package hls

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	maxOffset = 1 << 53 // bytes
	maxKeys   = 16      // in force at once; beyond them the oldest gives way
)

var errImplicit = errors.New("byte range without a beginning")

// inForce is what the tags so far say of the segments to come.
type inForce struct {
	keys    []Key // never changed, because segments share it
	init    *InitSection
	bitRate int64 // bit/s
	breaks  int64 // discontinuities so far

	next  Segment    // what holds for the next segment alone
	part  *ByteRange // of the next segment; Offset < 0: after the one before
	uri   string     // of the byte range before; "": there is none
	after int64      // where it ended
}

// tag takes a tag line. ref is the URI in it, if HTTP can fetch it.
func (f *inForce) tag(l line, ref *Ref) (err error) {
	switch l.name {
	case "#EXT-X-KEY":
		f.key(l, ref)
	case "#EXT-X-MAP":
		return f.initSection(l, ref)
	case "#EXT-X-BYTERANGE":
		f.part, err = parseByteRange(l.args)
	case "#EXT-X-DISCONTINUITY":
		f.breaks++
	case "#EXT-X-BITRATE":
		f.bitRate = int64(number(l.args, maxOffset/1000)) * 1000
	case "#EXT-X-GAP":
		f.next.Gap = true
	case "#EXT-X-PROGRAM-DATE-TIME":
		f.next.ProgramDateTime = dateTime(l.args)
	}
	return err
}

// key takes an EXT-X-KEY. It replaces the one of its key system, and METHOD=NONE
// all of them.
func (f *inForce) key(l line, ref *Ref) {
	k := Key{Method: l.value("METHOD"), URI: l.value("URI"), IV: l.value("IV"), Format: l.value("KEYFORMAT")}
	if k.Format == "identity" {
		k.Format = ""
	}
	if ref != nil {
		k.URL = ref.URL
	}
	switch k.Method {
	case "": // says nothing
		return
	case "NONE":
		f.keys = nil
		return
	}
	var keys []Key
	for _, old := range f.keys {
		if old.Format != k.Format {
			keys = append(keys, old)
		}
	}
	f.keys = append(keys[max(0, len(keys)-maxKeys+1):], k)
}

func (f *inForce) initSection(l line, ref *Ref) error {
	s := &InitSection{URI: l.value("URI")}
	if s.URI == "" {
		return nil
	}
	if ref != nil {
		s.URL = ref.URL
	}
	if part, ok := l.attr("BYTERANGE"); ok {
		r, err := parseByteRange(part)
		if err != nil {
			return err
		}
		r.Offset = max(r.Offset, 0)
		s.Range = r
	}
	f.init = s
	return nil
}

// segment is the segment at a URI, without what the library reads of it.
func (f *inForce) segment(ref *Ref) (Segment, error) {
	s := f.next
	s.URI, s.URL, s.Keys, s.Map, s.DiscontinuitySequence = ref.Raw, ref.URL, f.keys, f.init, f.breaks
	part, uri := f.part, f.uri
	f.next, f.part, f.uri = Segment{}, nil, ""
	if part == nil {
		s.BitRate = f.bitRate // which is not meant for byte ranges
		return s, nil
	}
	if part.Offset < 0 {
		if uri != s.URI {
			s.Fault = errImplicit
			return s, nil
		}
		part.Offset = f.after
	}
	if part.end() > maxOffset {
		return s, fmt.Errorf("%w: byte range beyond %d", ErrNotPlaylist, int64(maxOffset))
	}
	s.Range, f.uri, f.after = part, s.URI, part.end()
	return s, nil
}

// parseByteRange reads "length@offset"; Offset is -1 where there is none.
func parseByteRange(text []byte) (*ByteRange, error) {
	length, offset, explicit := strings.Cut(string(bytes.TrimSpace(text)), "@")
	r := ByteRange{Offset: -1}
	var err error
	if r.Length, err = strconv.ParseInt(length, 10, 64); err == nil && explicit {
		r.Offset, err = strconv.ParseInt(offset, 10, 64)
	}
	if err != nil || r.Length <= 0 || r.Length > maxOffset || r.Offset > maxOffset || explicit && r.Offset < 0 {
		return nil, fmt.Errorf("%w: byte range %.32q", ErrNotPlaylist, text)
	}
	return &r, nil
}

// dateTimes are the ways in which dates are written, the first being the right
// one.
var dateTimes = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00"}

// dateTime reads a date, in UTC where it names no zone; zero for none.
func dateTime(text []byte) time.Time {
	for _, layout := range dateTimes {
		if t, err := time.Parse(layout, string(bytes.TrimSpace(text))); err == nil {
			return t
		}
	}
	return time.Time{}
}

// number reads a whole number up to limit; 0 for what is none.
func number(text []byte, limit uint64) uint64 {
	n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil || n > limit {
		return 0
	}
	return n
}
