package lab

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// livePlaylist is the media playlist whose newest segment is edge; nil before
// the first segment is complete. All live renditions share it.
func (o *Origin) livePlaylist(edge int64) []byte {
	if edge < 0 {
		return nil
	}
	var b bytes.Buffer
	first := o.windowStart(edge)
	o.writeHead(&b)
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:%d\n", first)
	fmt.Fprintf(&b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", discontinuitiesBefore(first))
	for sn := first; sn <= edge; sn++ {
		o.writeSegment(&b, "", sn, true)
	}
	return b.Bytes()
}

// vodPlaylist is the finite playlist.
func (o *Origin) vodPlaylist() []byte {
	var b bytes.Buffer
	o.writeHead(&b)
	b.WriteString("#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n")
	for sn := range o.vodSegments() {
		o.writeSegment(&b, RenditionVOD+"/", sn, false)
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

// masterPlaylist names the live channel twice.
func (o *Origin) masterPlaylist() []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	for _, rendition := range []string{RenditionLow, RenditionHigh} {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%s,CODECS=\"%s\"\n%s/live.m3u8\n",
			o.peakBitRate(rendition), clipSize, clipCodecs, rendition)
	}
	return b.Bytes()
}

func (o *Origin) writeHead(b *bytes.Buffer) {
	target := max(1, int(math.Ceil(o.duration.Seconds())))
	fmt.Fprintf(b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:%d\n", target)
}

// writeSegment writes the entry of one segment, with its date if it is live.
func (o *Origin) writeSegment(b *bytes.Buffer, folder string, sn int64, live bool) {
	if beginsLoop(sn) {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	if live {
		began := o.config.Start.Add(time.Duration(sn) * o.duration)
		b.WriteString("#EXT-X-PROGRAM-DATE-TIME:" + began.UTC().Format("2006-01-02T15:04:05.000Z") + "\n")
	}
	fmt.Fprintf(b, "#EXTINF:%.3f,\n%s%s\n", o.duration.Seconds(), folder, segmentName(sn))
}

// peakBitRate is that of the largest segment, in bit/s.
func (o *Origin) peakBitRate(rendition string) int64 {
	largest := 0
	for _, media := range o.clip {
		largest = max(largest, len(media)+o.stamps(rendition, len(media))*tsPacket)
	}
	return int64(math.Ceil(float64(largest*8) / o.duration.Seconds()))
}

// beginsLoop says whether the clip starts anew at sn: its time stamps jump back.
func beginsLoop(sn int64) bool { return sn > 0 && sn%clipSegments == 0 }

// discontinuitiesBefore counts the tags of the segments below sn, which a
// playlist that begins at sn no longer shows.
func discontinuitiesBefore(sn int64) int64 { return max(0, sn-1) / clipSegments }
