package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// segmentAnswer is one player's request for one segment.
type segmentAnswer struct {
	p    *Proxy
	w    http.ResponseWriter
	r    *http.Request
	sn   SN
	kind string // content type
	body Body
	// part is what the player wants of the file that the segment is a byte range
	// of. nil: the segment is a resource of its own.
	part *filePiece
}

// filePiece are bytes of a file that lie in one segment.
type filePiece struct {
	file   string // full URL
	want   span
	offset int64 // of the segment
}

// segment answers with a segment, complete or arriving. The track may not know
// yet what a player read in a text that came past it.
func (p *Proxy) segment(w http.ResponseWriter, r *http.Request, v *view, t Track, at address) {
	body, err := t.Segment(r.Context(), at.sn)
	if errors.Is(err, ErrUnknownSegment) {
		if s, ok := v.listed(at.sn); ok && s.Range == nil {
			p.origin.Pass(w, v.homely(r), s.URL, false)
			return
		}
	}
	if err != nil {
		p.refuse(w, r, "no segment for a player", err)
		return
	}
	segmentAnswer{p: p, w: w, r: r, sn: at.sn, kind: kindOf(at.file), body: body}.answer()
}

// part answers a request for bytes of a file that lie in one of its segments;
// false for any other, which the source must answer itself.
func (p *Proxy) part(w http.ResponseWriter, r *http.Request, v *view, t Track, at address, file *url.URL) bool {
	want, ok := parseRange(r.Header.Get("Range"))
	if !ok || want.suffix || want.last < 0 || r.Header.Get("If-Range") != "" {
		return false
	}
	s, ok := v.part(file, span{want.first, want.last})
	if !ok {
		return false
	}
	body, err := t.Segment(r.Context(), s.SN)
	switch {
	case errors.Is(err, ErrUnknownSegment):
		return false
	case err != nil:
		p.refuse(w, r, "no segment for a player", err)
		return true
	}
	piece := &filePiece{file.String(), span{want.first, want.last}, s.Range.Offset}
	segmentAnswer{p: p, w: w, r: r, sn: s.SN, kind: kindOf(at.file), body: body, part: piece}.answer()
	return true
}

// kindOf is the content type of a file name.
func kindOf(file string) string { return contentType(strings.ToLower(path.Ext(file))) }

func (a segmentAnswer) answer() {
	if !a.complete() {
		a.arriving()
	}
}

// complete answers if everything is there.
func (a segmentAnswer) complete() bool {
	data := a.body.Bytes()
	switch {
	case data == nil:
		return false
	case a.part == nil:
		resource{a.kind, a.etag(len(data)), data}.serve(a.w, a.r)
		return true
	}
	x := a.partExtent()
	if x.end > int64(len(data)) {
		a.refuse(errShort)
		return true
	}
	a.head(x)
	if a.r.Method != http.MethodHead {
		_, _ = a.w.Write(data[x.first:x.end]) // an error means that the player is gone
	}
	return true
}

// etag is the tag of the version that has arrived, of so many bytes.
func (a segmentAnswer) etag(size int) string {
	return fmt.Sprintf(`"%d-%x-%08x"`, a.sn, size, a.body.Checksum())
}

var errShort = fmt.Errorf("the segment is shorter than its byte range: %w", ErrCut)

// arriving answers while the segment arrives. As long as no header has left, a
// failure has a status; but the header leaves in any case when the player's
// patience with a silent server comes to its end.
func (a segmentAnswer) arriving() {
	patience, cancel := context.WithTimeout(a.r.Context(), a.p.cfg.HeadersAfter)
	defer cancel()
	if err := a.body.WaitData(patience); err != nil && patience.Err() == nil {
		a.refuse(err)
		return
	}
	x, err := a.extent(patience)
	switch {
	case a.r.Context().Err() != nil: // the player left
	case err != nil:
		a.refuse(err)
	case x.code == http.StatusRequestedRangeNotSatisfiable:
		unsatisfiable(a.w, x.size)
	case a.complete():
	default:
		a.head(x)
		if a.r.Method != http.MethodHead {
			a.stream(x.first, x.end)
		}
	}
}

// extent says which bytes of a segment an answer holds.
type extent struct {
	code         int
	first, end   int64  // end is -1 for everything
	contentRange string // of a part
	size         int64  // of the whole; -1: the answer does without
}

// partExtent is the answer to a request for bytes of a file. The source has
// told its size with the first of them that it sent.
func (a segmentAnswer) partExtent() extent {
	f := a.part
	first, end := f.want.first, f.want.last+1
	size, ok := a.p.origin.files.get(f.file)
	if !ok || size < end {
		size = -1 // or the file has grown
	}
	return extent{http.StatusPartialContent, first - f.offset, end - f.offset, contentRange(first, end, size), size}
}

// extent waits for the size where the answer needs it. Only a part does:
// players that ask for the range of everything are as content with a plain
// answer, and get their first byte sooner. A condition on a version does not
// hold, because what arrives has no version yet.
func (a segmentAnswer) extent(patience context.Context) (x extent, err error) {
	if a.part != nil {
		return a.partExtent(), nil
	}
	spec, ranged := parseRange(a.r.Header.Get("Range"))
	ranged = ranged && a.r.Header.Get("If-Range") == ""
	size := a.body.Size()
	switch {
	case size >= 0:
	case ranged && spec == (rangeSpec{first: 0, last: -1}):
		ranged = false
	case ranged:
		size, err = a.body.WaitSize(a.r.Context())
	case a.r.Method == http.MethodHead:
		if size, err = a.body.WaitSize(patience); err != nil && patience.Err() != nil {
			size, err = -1, nil
		}
	}
	if err != nil || !ranged {
		return extent{http.StatusOK, 0, size, "", size}, err
	}
	first, end, ok := spec.within(size)
	if !ok {
		return extent{code: http.StatusRequestedRangeNotSatisfiable, size: size}, nil
	}
	return extent{http.StatusPartialContent, first, end, contentRange(first, end, size), size}, nil
}

// head sends the header of an answer that is no failure.
func (a segmentAnswer) head(x extent) {
	h := a.w.Header()
	if x.contentRange != "" {
		h.Set("Content-Range", x.contentRange)
	}
	h.Set("Content-Type", a.kind)
	cacheable(h)
	if x.end >= 0 {
		h.Set("Content-Length", strconv.FormatInt(x.end-x.first, 10))
	}
	a.w.WriteHeader(x.code)
}

// stream sends the bytes from first on as they come, up to end, or all of them
// if that is -1. The segment may fail; then the connection breaks, so that no
// player takes a part for the whole.
func (a segmentAnswer) stream(first, end int64) {
	if err := http.NewResponseController(a.w).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
	from := a.body.From(a.r.Context(), first)
	if end >= 0 {
		from = io.LimitReader(from, end-first)
	}
	buffer := a.p.buffers.Get().(*[]byte)
	defer a.p.buffers.Put(buffer)
	n, err := io.CopyBuffer(flusher{a.w}, from, *buffer)
	if err == nil {
		return // fewer bytes than the header says: the server breaks the connection by itself
	}
	if a.r.Context().Err() == nil {
		a.p.cfg.Logger.Info("a segment broke off", "path", a.r.URL.Path, "at", first+n, "error", scrub(err.Error()))
	}
	panic(http.ErrAbortHandler)
}

func (a segmentAnswer) refuse(err error) {
	a.p.refuse(a.w, a.r, "a segment failed", err)
}
