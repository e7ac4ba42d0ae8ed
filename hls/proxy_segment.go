package hls

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segmentAnswer is one player's request for one segment.
type segmentAnswer struct {
	p       *Proxy
	w       http.ResponseWriter
	r       *http.Request
	address address
	kind    string // content type
	body    Body
}

// segment answers with a segment, complete or arriving.
func (p *Proxy) segment(w http.ResponseWriter, r *http.Request, t Track, at address) {
	body, err := t.Segment(r.Context(), at.sn)
	if err != nil {
		p.refuse(w, r, "no segment for a player", err)
		return
	}
	a := segmentAnswer{p, w, r, at, contentType(strings.ToLower(path.Ext(at.file))), body}
	if !a.complete() {
		a.arriving()
	}
}

// complete answers if everything is there.
func (a segmentAnswer) complete() bool {
	data := a.body.Bytes()
	if data == nil {
		return false
	}
	etag := fmt.Sprintf(`"%d-%x-%08x"`, a.address.sn, len(data), crc32.Checksum(data, castagnoli))
	resource{a.kind, etag, data, a.address.offset}.serve(a.w, a.r)
	return true
}

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
	spec, ranged, size, err := a.extent(patience)
	switch {
	case a.r.Context().Err() != nil:
		return // the player left
	case err != nil:
		a.refuse(err)
		return
	case a.complete():
		return
	}
	first, end, code := int64(0), size, http.StatusOK
	h := a.w.Header()
	if ranged {
		offset := a.address.offset
		from, to, ok := spec.within(offset + size)
		switch {
		case !ok:
			unsatisfiable(a.w, offset+size)
			return
		case from >= offset:
			first, end, code = from-offset, to-offset, http.StatusPartialContent
			h.Set("Content-Range", contentRange(from, to, offset+size))
		}
	}
	h.Set("Content-Type", a.kind)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "no-cache")
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(end-first, 10))
	}
	a.w.WriteHeader(code)
	if a.r.Method != http.MethodHead {
		a.stream(first, end)
	}
}

// extent says which part of the segment the answer holds, and the size of the
// whole segment, or -1 if the answer must do without. Only a part needs the
// size: players that ask for the range of everything are as content with a
// plain answer, and get their first byte sooner. A condition on a version does
// not hold, because what arrives has no version yet.
func (a segmentAnswer) extent(patience context.Context) (spec rangeSpec, ranged bool, size int64, err error) {
	spec, ranged = parseRange(a.r.Header.Get("Range"))
	ranged = ranged && a.r.Header.Get("If-Range") == ""
	size = a.body.Size()
	switch {
	case size >= 0:
	case ranged && spec == (rangeSpec{first: a.address.offset, last: -1}):
		ranged = false
	case ranged:
		size, err = a.body.WaitSize(a.r.Context())
	case a.r.Method == http.MethodHead:
		if size, err = a.body.WaitSize(patience); err != nil && patience.Err() != nil {
			return spec, false, -1, nil
		}
	}
	return spec, ranged, size, err
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
