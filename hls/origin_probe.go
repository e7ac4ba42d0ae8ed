package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ErrNoRange: the source answers a request for a range with something else, such
// as the whole resource, or a compressed one, of which ranges say nothing.
var ErrNoRange = errors.New("the source gives no byte ranges")

// Probe is a part of a segment as the HTTP source has it, to compare a copy with.
type Probe struct {
	Offset int64
	Bytes  []byte // shorter than asked for, or none, where the segment ends before
	Total  int64  // size of the whole segment, bytes; -1: the source does not say
	SHA256 []byte // of the whole segment; nil: the source does not say
}

// Probe reads n bytes of a segment from the byte at off on, and no more: what a
// source sends beyond that is left unread. It asks once and waits for as long as
// ctx lasts, and for [OriginConfig.NoProgress] at most. An answer that is no range
// is [ErrNoRange], other statuses are a [StatusError]. It may be called by any
// goroutine.
//
// Of a segment that is a byte range of a file the source says neither size nor
// digest, as those are the file's.
func (o *Origin) Probe(ctx context.Context, s Segment, off, n int64) (Probe, error) {
	limit := o.cfg.MaxSegment
	if s.Range != nil {
		limit = s.Range.Length
	}
	switch {
	case s.Fault != nil:
		return Probe{}, &fetchError{Redact(s.URL), nil, s.Fault}
	case off < 0 || n < 1 || off > limit-n:
		return Probe{}, &fetchError{Redact(s.URL), nil, fmt.Errorf("a probe of %d bytes at %d of %d", n, off, limit)}
	}
	want := span{first: off, last: off + n - 1}
	if s.Range != nil {
		want.first, want.last = want.first+s.Range.Offset, want.last+s.Range.Offset
	}
	header := http.Header{"Accept-Encoding": {"identity"}, "Range": {want.String()}}
	x, err := o.ask(ctx, http.MethodGet, s.URL, header, o.cfg.NoProgress)
	if err != nil {
		return Probe{}, err
	}
	defer x.close()
	p, err := x.probed(want, s.Range == nil)
	if err != nil {
		return Probe{}, x.report(err)
	}
	p.Offset = off
	return p, nil
}

// probed reads the answer to a request for want; alone says that the resource is
// the segment.
func (x *exchange) probed(want span, alone bool) (p Probe, err error) {
	switch x.StatusCode {
	case http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable:
		size, ok := strings.CutPrefix(x.Header.Get("Content-Range"), "bytes */")
		if n, err := strconv.ParseInt(size, 10, 64); alone && ok && err == nil && n >= 0 && n <= want.first {
			return Probe{Total: n}, nil
		}
		return p, &StatusError{x.StatusCode}
	case http.StatusOK:
		return p, ErrNoRange
	default:
		return p, &StatusError{x.StatusCode}
	}
	if encoding := x.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return p, fmt.Errorf("%w: of content in %.32q", ErrNoRange, encoding)
	}
	got, size, err := parseContentRange(x.Header.Get("Content-Range"))
	switch {
	case err != nil:
		return p, fmt.Errorf("%w: %w", ErrNoRange, err)
	case got.first != want.first || got.last > want.last || got.last < want.last && got.last != size-1:
		return p, fmt.Errorf("%w: bytes %v of %d, and %v were asked for", ErrNoRange, got, size, want)
	}
	p = Probe{Bytes: make([]byte, got.last-got.first+1), Total: -1}
	if alone {
		p.Total, p.SHA256 = size, digestOf(x.Header)
	}
	if _, err := io.ReadFull(x, p.Bytes); err != nil {
		return Probe{}, x.because(ErrCut, err)
	}
	if sum := sha256.Sum256(p.Bytes); bytes.Equal(sum[:], p.SHA256) && int64(len(p.Bytes)) != p.Total {
		p.SHA256 = nil // some give that of what they send
	}
	return p, nil
}

// digestOf is the SHA-256 of the whole resource, where an answer gives it (RFC 9530,
// or RFC 3230); nil where it does not.
func digestOf(h http.Header) []byte {
	read := func(name, before, after string) []byte {
		for _, value := range h.Values(name) {
			for item := range strings.SplitSeq(value, ",") {
				algorithm, text, _ := strings.Cut(strings.TrimSpace(item), "=")
				text, ok := strings.CutPrefix(text, before)
				text, ok2 := strings.CutSuffix(text, after)
				if !strings.EqualFold(algorithm, "sha-256") || !ok || !ok2 {
					continue
				}
				if sum, err := base64.StdEncoding.DecodeString(text); err == nil && len(sum) == sha256.Size {
					return sum
				}
			}
		}
		return nil
	}
	if sum := read("Repr-Digest", ":", ":"); sum != nil {
		return sum
	}
	return read("Digest", "", "")
}
