package lab

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// listEntry is one segment of a playlist.
type listEntry struct {
	sn       int64
	url      string // absolute
	part     string // Range header for a byte range of it; "": the whole
	duration time.Duration
}

// playlist is what a viewer needs to know of a media playlist, or of a master
// playlist, which alone has a variant.
type playlist struct {
	variant string // absolute URL of the first rendition
	target  time.Duration
	ended   bool
	entries []listEntry // ascending, without gaps
}

// maxSeconds bounds the duration of a segment.
const maxSeconds = 24 * 60 * 60

// readPlaylist reads the few tags that playing takes. Its error names no URL.
func readPlaylist(text string, base *url.URL) (playlist, error) {
	head, rest, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(head, "#EXTM3U") {
		return playlist{}, errors.New("reading a playlist: no #EXTM3U")
	}
	r := playlistReader{base: base}
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if line[0] != '#' {
			if err := r.uri(line); err != nil {
				return playlist{}, err
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		if err := r.tag(name, value); err != nil {
			return playlist{}, fmt.Errorf("reading a playlist: %s: %w", name, err)
		}
	}
	if r.list.variant == "" && r.list.target <= 0 {
		return playlist{}, errors.New("reading a playlist: no target duration")
	}
	return r.list, nil
}

// playlistReader is a playlist read up to some line.
type playlistReader struct {
	base     *url.URL
	list     playlist
	master   bool
	sn       int64
	duration time.Duration
	part     string // as listEntry.part, of the next segment
}

func (r *playlistReader) tag(name, value string) (err error) {
	var n uint64
	switch name {
	case "#EXT-X-STREAM-INF":
		r.master = true
	case "#EXT-X-TARGETDURATION":
		n, err = strconv.ParseUint(value, 10, 16)
		r.list.target = time.Duration(n) * time.Second
	case "#EXT-X-MEDIA-SEQUENCE":
		n, err = strconv.ParseUint(value, 10, 62)
		r.sn = int64(n)
	case "#EXTINF":
		value, _, _ = strings.Cut(value, ",")
		r.duration, err = parseSeconds(value)
	case "#EXT-X-BYTERANGE":
		r.part, err = parsePart(value)
	case "#EXT-X-ENDLIST":
		r.list.ended = true
	}
	return err
}

func (r *playlistReader) uri(line string) error {
	ref, err := r.base.Parse(line)
	if err != nil {
		return errors.New("reading a playlist: an entry is not a URL")
	}
	switch {
	case !r.master:
		r.list.entries = append(r.list.entries, listEntry{r.sn, ref.String(), r.part, r.duration})
		r.sn++
		r.part = ""
	case r.list.variant == "":
		r.list.variant = ref.String()
	}
	return nil
}

// parsePart makes a Range header of a byte range with an explicit beginning.
func parsePart(s string) (header string, err error) {
	var length, offset uint32
	if _, err = fmt.Sscanf(s, "%d@%d", &length, &offset); err != nil || length == 0 {
		return "", fmt.Errorf("%q is no byte range", s)
	}
	return fmt.Sprintf("bytes=%d-%d", offset, uint64(offset)+uint64(length)-1), nil
}

func parseSeconds(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, err
	}
	if !(seconds >= 0 && seconds <= maxSeconds) {
		return 0, fmt.Errorf("%v s is out of range", seconds)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
