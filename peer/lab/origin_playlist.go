package lab

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// livePlaylist is the media playlist whose newest segment is edge; nil before
// the first segment is complete.
func (o *Origin) livePlaylist(rendition string, edge int64) []byte {
	if edge < o.now().first {
		return nil
	}
	var b bytes.Buffer
	first := o.windowStart(edge)
	o.writeHead(&b, rendition)
	if o.config.Event {
		b.WriteString("#EXT-X-PLAYLIST-TYPE:EVENT\n")
	}
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:%d\n", first)
	fmt.Fprintf(&b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", discontinuitiesBefore(first))
	for sn := first; sn <= edge; sn++ {
		o.writeSegment(&b, rendition, sn)
	}
	return b.Bytes()
}

// vodPlaylist is the finite playlist.
func (o *Origin) vodPlaylist() []byte {
	var b bytes.Buffer
	o.writeHead(&b, RenditionVOD)
	b.WriteString("#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n")
	for sn := range o.vodSegments() {
		o.writeSegment(&b, RenditionVOD, sn)
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

// fullPlaylist is a master playlist with all kinds of renditions.
func (o *Origin) fullPlaylist() []byte {
	b := bytes.NewBuffer(o.masterPlaylist(`,AUDIO="a",SUBTITLES="s"`))
	fmt.Fprintf(b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"sound\",DEFAULT=YES,AUTOSELECT=YES,URI=\"%s/live.m3u8\"\n", RenditionAudio)
	fmt.Fprintf(b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"words\",LANGUAGE=\"en\",URI=\"%s/live.m3u8\"\n", RenditionText)
	fmt.Fprintf(b, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=20000,URI=\"%s/live.m3u8\"\n", RenditionFrames)
	return b.Bytes()
}

// masterPlaylist names the live channel twice, with more attributes.
func (o *Origin) masterPlaylist(more string) []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	for _, rendition := range []string{RenditionLow, RenditionHigh} {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%s,CODECS=\"%s\"%s\n%s/live.m3u8\n",
			o.peakBitRate(rendition), clipSize, clipCodecs, more, rendition)
	}
	return b.Bytes()
}

func (o *Origin) writeHead(b *bytes.Buffer, rendition string) {
	f := forms[rendition]
	version, more := 3, ""
	switch {
	case f.iso && f.file != "": // it is the beginning of the file
		version, more = 7, fmt.Sprintf("#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%d@0\"\n", f.file, len(o.clip.init))
	case f.iso:
		version, more = 7, fmt.Sprintf("#EXT-X-MAP:URI=\"%s\"\n", initName)
	case f.frame > 0:
		version, more = 4, "#EXT-X-I-FRAMES-ONLY\n"
	case f.file != "":
		version = 4
	}
	target := max(1, int(math.Ceil(o.duration.Seconds())))
	fmt.Fprintf(b, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:%d\n%s", version, target, more)
}

// writeSegment writes the entry of one segment, with its date if it is live.
func (o *Origin) writeSegment(b *bytes.Buffer, rendition string, sn int64) {
	if beginsLoop(sn) {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	if rendition != RenditionVOD {
		now := o.now()
		began := now.start.Add(time.Duration(sn-now.first) * o.duration)
		b.WriteString("#EXT-X-PROGRAM-DATE-TIME:" + began.UTC().Format("2006-01-02T15:04:05.000Z") + "\n")
	}
	fmt.Fprintf(b, "#EXTINF:%.3f,\n", o.duration.Seconds())
	switch f := forms[rendition]; {
	case f.file != "":
		fmt.Fprintf(b, "#EXT-X-BYTERANGE:%d@%d\n%s\n", o.size(rendition, sn), o.offset(rendition, sn), f.file)
	case f.frame > 0:
		fmt.Fprintf(b, "#EXT-X-BYTERANGE:%d@0\n../%s\n", f.frame, segmentName(sn))
	case rendition == RenditionVOD:
		fmt.Fprintf(b, "%s/%s\n", rendition, f.segmentName(sn))
	default:
		fmt.Fprintln(b, f.segmentName(sn))
	}
}

// peakBitRate is that of the largest segment, in bit/s.
func (o *Origin) peakBitRate(rendition string) int64 {
	var largest int64
	for sn := range int64(clipSegments) {
		largest = max(largest, o.size(rendition, sn))
	}
	return int64(math.Ceil(float64(largest*8) / o.duration.Seconds()))
}

// beginsLoop says whether the clip starts anew at sn: its time stamps jump back.
func beginsLoop(sn int64) bool { return sn > 0 && sn%clipSegments == 0 }

// discontinuitiesBefore counts the tags of the segments below sn, which a
// playlist that begins at sn no longer shows.
func discontinuitiesBefore(sn int64) int64 { return max(0, sn-1) / clipSegments }
