package hls

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// resource is something complete that players may have.
type resource struct {
	kind string // content type
	etag string // strong, with its quotes
	data []byte
}

// serve answers with a complete resource or the part asked for, in one Write.
// It does what http.ServeContent does for a single range, without copying.
func (c resource) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("ETag", c.etag)
	cacheable(h)
	if matchesETag(r.Header.Get("If-None-Match"), c.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	code, data, size := http.StatusOK, c.data, int64(len(c.data))
	if spec, ok := parseRange(r.Header.Get("Range")); ok && ifRange(r, c.etag) {
		first, end, ok := spec.within(size)
		if !ok {
			unsatisfiable(w, size)
			return
		}
		code, data = http.StatusPartialContent, c.data[first:end]
		h.Set("Content-Range", contentRange(first, end, size))
	}
	h.Set("Content-Type", c.kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) // an error means that the player is gone
	}
}

// contentRange is the value of a Content-Range header; end is not included, and
// size is -1 while unknown.
func contentRange(first, end, size int64) string {
	if size < 0 {
		return fmt.Sprintf("bytes %d-%d/*", first, end-1)
	}
	return fmt.Sprintf("bytes %d-%d/%d", first, end-1, size)
}

func unsatisfiable(w http.ResponseWriter, size int64) {
	w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
	deny(w, http.StatusRequestedRangeNotSatisfiable, "the range begins behind the end")
}

// matchesETag says whether an If-None-Match header names the tag. The weak
// comparison is the one that RFC 9110 wants here.
func matchesETag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// ifRange says whether the Range header of r counts: there is no condition, or
// it names this very version.
func ifRange(r *http.Request, etag string) bool {
	condition := r.Header.Get("If-Range")
	return condition == "" || condition == etag
}

// contentType is the media type of a file extension. What is not media of HLS
// has none, so that no browser takes it for a page.
func contentType(ext string) string {
	switch ext {
	case ".m3u8", ".m3u":
		return "application/vnd.apple.mpegurl"
	case ".ts", ".m2t", ".tsv", ".tsa":
		return "video/mp2t"
	case ".mp4", ".m4s", ".m4v", ".m4f", ".mp4v", ".cmfv":
		return "video/mp4"
	case ".m4a", ".mp4a", ".cmfa":
		return "audio/mp4"
	case ".aac":
		return "audio/aac"
	case ".mp3", ".mp2":
		return "audio/mpeg"
	case ".ac3":
		return "audio/ac3"
	case ".ec3", ".eac3":
		return "audio/eac3"
	case ".vtt", ".webvtt":
		return "text/vtt; charset=utf-8"
	case ".ttml", ".dfxp":
		return "application/ttml+xml"
	default:
		return "application/octet-stream"
	}
}
