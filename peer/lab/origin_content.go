package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// Segment is the true content of the segment sn of a rendition, whether or not
// it is in the window; nil if there is no such rendition or sn is negative. It
// is made anew by each call: the clip's segment sn modulo 6, then null packets
// that carry the segment's path. So no two segments of an origin are equal, and
// players see none of it.
func (o *Origin) Segment(rendition string, sn int64) []byte {
	if sn < 0 || !isRendition(rendition) {
		return nil
	}
	media := o.clip[sn%clipSegments]
	stamps := o.stamps(rendition, len(media))
	b := make([]byte, 0, len(media)+stamps*tsPacket)
	b = append(b, media...)
	packet, at := stampPacket(segmentPath(rendition, sn))
	for i := range stamps {
		strconv.AppendInt(packet[:at], int64(i), 10)
		b = append(b, packet[:]...)
	}
	return b
}

// stamps is how many null packets follow media bytes of clip: at least one, and
// what it takes to reach the bit rate.
func (o *Origin) stamps(rendition string, media int) int {
	size := max(int64(media)+tsPacket, int64(float64(o.config.BitRate)/8*o.duration.Seconds()))
	if rendition == RenditionHigh {
		size *= 2
	}
	return int((size - int64(media) + tsPacket - 1) / tsPacket)
}

// stampPacket is a null packet (PID 0x1FFF, payload only) that carries path. The
// packet's number, which only grows, belongs at the given offset.
func stampPacket(path string) (packet [tsPacket]byte, at int) {
	text := append([]byte{0x47, 0x1F, 0xFF, 0x10}, "hlspeer lab "+path+" #"...)
	at = copy(packet[:], text)
	for i := at; i < tsPacket; i++ {
		packet[i] = 0xFF
	}
	return packet, at
}

func segmentName(sn int64) string { return fmt.Sprintf("seg-%d.ts", sn) }

func segmentPath(rendition string, sn int64) string {
	if rendition == RenditionMain {
		return "/" + segmentName(sn)
	}
	return "/" + rendition + "/" + segmentName(sn)
}

// playlistPath is where the media playlist of a rendition is.
func playlistPath(rendition string) string {
	switch rendition {
	case RenditionMain:
		return "/live.m3u8"
	case RenditionVOD:
		return "/vod.m3u8"
	default:
		return "/" + rendition + "/live.m3u8"
	}
}

// parseSegmentName is the reverse of segmentName; other spellings of the same
// number are refused.
func parseSegmentName(name string) (sn int64, ok bool) {
	digits := strings.TrimSuffix(strings.TrimPrefix(name, "seg-"), ".ts")
	sn, err := strconv.ParseInt(digits, 10, 64)
	return sn, err == nil && sn >= 0 && segmentName(sn) == name
}
