package lab

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// form is how the segments of a rendition are made and where they lie.
type form struct {
	ext  string // of segments
	iso  bool   // fMP4, behind initName
	text bool   // subtitles
	file string // whose byte ranges they are; "": each is a file of its own
	// frame is how many bytes of a main segment they are; 0: they are none.
	frame int64
}

// forms are the renditions that there are.
var forms = map[string]form{
	RenditionMain:    {ext: ".ts"},
	RenditionLow:     {ext: ".ts"},
	RenditionHigh:    {ext: ".ts"},
	RenditionVOD:     {ext: ".ts"},
	RenditionFMP4:    {ext: ".m4s", iso: true},
	RenditionRanges:  {ext: ".ts", file: "all.ts"},
	RenditionOneFile: {ext: ".m4s", iso: true, file: "all.mp4"},
	RenditionAudio:   {ext: ".m4s", iso: true},
	RenditionText:    {ext: ".vtt", text: true},
	RenditionFrames:  {ext: ".ts", frame: 20 * tsPacket},
}

func (f form) contentType() string {
	switch {
	case f.iso:
		return "video/mp4"
	case f.text:
		return "text/vtt"
	}
	return "video/mp2t"
}

// initName is the file of an initialization section.
const initName = "init.mp4"

func (f form) segmentName(sn int64) string { return fmt.Sprintf("seg-%d%s", sn, f.ext) }

// parse is the reverse of segmentName; other spellings of the same number are
// refused.
func (f form) parse(name string) (sn int64, ok bool) {
	digits := strings.TrimSuffix(strings.TrimPrefix(name, "seg-"), f.ext)
	sn, err := strconv.ParseInt(digits, 10, 64)
	return sn, err == nil && sn >= 0 && f.segmentName(sn) == name
}

// segmentName is that of a segment of the main rendition.
func segmentName(sn int64) string { return forms[RenditionMain].segmentName(sn) }

func parseSegmentName(name string) (sn int64, ok bool) { return forms[RenditionMain].parse(name) }

// segmentPath is where a segment is, or would be if it were not a byte range.
func segmentPath(rendition string, sn int64) string {
	return path.Join("/", rendition, forms[rendition].segmentName(sn))
}

// playlistPath is where the media playlist of a rendition is.
func playlistPath(rendition string) string {
	if rendition == RenditionVOD {
		return "/vod.m3u8"
	}
	return path.Join("/", rendition, "live.m3u8")
}
