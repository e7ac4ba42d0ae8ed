package hls

import (
	"strconv"
	"strings"
)

// rangeSpec is the one range of a Range header, in bytes.
type rangeSpec struct {
	first int64 // of a suffix: its length
	last  int64 // included; -1: to the end
	// suffix: the last bytes of the resource.
	suffix bool
}

// parseRange reads a Range header; ok is false for what may be ignored:
// nothing, another unit, several ranges, bad syntax.
func parseRange(header string) (r rangeSpec, ok bool) {
	value, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(value, ",") {
		return rangeSpec{}, false
	}
	first, last, ok := strings.Cut(strings.TrimSpace(value), "-")
	if !ok {
		return rangeSpec{}, false
	}
	if first == "" {
		n, err := strconv.ParseUint(last, 10, 63)
		return rangeSpec{first: int64(n), suffix: true}, err == nil
	}
	a, err := strconv.ParseUint(first, 10, 63)
	if err != nil {
		return rangeSpec{}, false
	}
	if last == "" {
		return rangeSpec{first: int64(a), last: -1}, true
	}
	b, err := strconv.ParseUint(last, 10, 63)
	return rangeSpec{first: int64(a), last: int64(b)}, err == nil && b >= a
}

// within is the range in a resource of size bytes, first included and end not;
// ok is false when no byte of it is there.
func (r rangeSpec) within(size int64) (first, end int64, ok bool) {
	if r.suffix {
		n := min(r.first, size)
		return size - n, size, n > 0
	}
	end = size
	if r.last >= 0 && r.last < size {
		end = r.last + 1
	}
	return r.first, end, r.first < size
}
