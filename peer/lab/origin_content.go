package lab

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// Segment is the true content of the segment sn of a rendition, whether or not
// it is in the window; nil if there is no such rendition or sn is negative. It
// is made anew by each call: the clip's segment sn modulo 6, then null packets,
// or a box that is skipped, that carry the segment's path. So no two segments of
// an origin are equal, and players see none of it.
func (o *Origin) Segment(rendition string, sn int64) []byte {
	f, ok := forms[rendition]
	if sn < 0 || !ok {
		return nil
	}
	text := segmentPath(rendition, sn)
	if n := o.now().number; n > 0 {
		text = fmt.Sprintf("%s life %d", text, n)
	}
	switch {
	case f.text:
		return fmt.Appendf(nil, "WEBVTT\n\n00:00.000 --> 00:02.000\n%s\n", text)
	case f.frame > 0:
		return o.Segment(RenditionMain, sn)[:f.frame]
	}
	media := o.media(f, sn)
	size := o.size(rendition, sn)
	b := make([]byte, 0, size)
	b = append(b, media...)
	if f.iso {
		return append(b, stampBox(text, int(size)-len(media))...)
	}
	packet, at := stampPacket(text)
	for i := 0; len(b) < int(size); i++ {
		strconv.AppendInt(packet[:at], int64(i), 10)
		b = append(b, packet[:]...)
	}
	return b
}

// media is the clip's part of a segment.
func (o *Origin) media(f form, sn int64) []byte {
	if f.iso {
		return o.clip.fragments[sn%clipSegments]
	}
	return o.clip.stream[sn%clipSegments]
}

// size is a segment's length in bytes: the clip and one stamp at least, and what
// it takes to reach the bit rate.
func (o *Origin) size(rendition string, sn int64) int64 {
	f := forms[rendition]
	media := int64(len(o.media(f, sn)))
	size := max(media+tsPacket, int64(float64(o.config.BitRate)/8*o.duration.Seconds()))
	if rendition == RenditionHigh {
		size *= 2
	}
	if f.iso {
		return size
	}
	return media + (size-media+tsPacket-1)/tsPacket*tsPacket
}

// stampBox is a box of size bytes that players skip and that carries path.
func stampBox(path string, size int) []byte {
	b := make([]byte, size)
	binary.BigEndian.PutUint32(b, uint32(size))
	copy(b[4:], "free"+"hlspeer lab "+path)
	return b
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
