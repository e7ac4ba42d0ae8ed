package hls

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	boxHeader   = 8  // bytes: size and type
	largeHeader = 16 // where the size has 64 bits
)

var (
	errNotBoxes = errors.New("body is not fMP4")
	errNoMedia  = errors.New("fMP4 without media")
	errBoxCut   = errors.New("fMP4 ends inside a box")
)

// firstBoxes are the boxes that a media segment begins with. Some repeat the
// initialization section in each.
var firstBoxes = map[string]bool{
	"styp": true, "sidx": true, "ssix": true, "emsg": true, "prft": true, "moof": true,
	"free": true, "skip": true, "uuid": true, "ftyp": true, "moov": true,
}

// checkBoxes walks over the boxes of a media segment. Their sizes must add up to
// the whole, and a fragment and its media be among them, which an initialization
// section alone has not. cut says that the last one may be longer than what is
// there.
func checkBoxes(b []byte, whole, cut bool) error {
	fragment, media := false, false
	for at, rest := 0, b; len(rest) > 0; {
		kind, size, ok := nextBox(rest)
		switch {
		case !ok && (whole || len(rest) >= largeHeader):
			return fmt.Errorf("%w: no box at %d", errNotBoxes, at)
		case !ok:
			return nil
		case at == 0 && !firstBoxes[kind]:
			return fmt.Errorf("%w: it begins with %q", errNotBoxes, kind)
		}
		fragment = fragment || kind == "moof"
		media = media || fragment && kind == "mdat"
		if size > uint64(len(rest)) {
			if whole && !(cut && kind == "mdat") {
				return fmt.Errorf("%w: %q at %d", errBoxCut, kind, at)
			}
			break
		}
		at, rest = at+int(size), rest[size:]
	}
	if whole && !media {
		return errNoMedia
	}
	return nil
}

// nextBox reads the head of a box. A size of 0 reaches to the end.
func nextBox(b []byte) (kind string, size uint64, ok bool) {
	if len(b) < boxHeader {
		return "", 0, false
	}
	kind = string(b[4:boxHeader])
	for _, c := range kind {
		if c < ' ' || c > '~' {
			return "", 0, false
		}
	}
	switch size = uint64(binary.BigEndian.Uint32(b)); size {
	case 0:
		return kind, uint64(len(b)), true
	case 1:
		if len(b) < largeHeader {
			return "", 0, false
		}
		size = binary.BigEndian.Uint64(b[boxHeader:])
		return kind, size, size >= largeHeader
	default:
		return kind, size, size >= boxHeader
	}
}
