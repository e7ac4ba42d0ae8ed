package hls

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// transportStream are the extensions that promise MPEG-TS.
var transportStream = map[string]bool{".ts": true, ".m2t": true, ".tsv": true, ".tsa": true}

// isoMedia are the extensions that promise fMP4, which has a header elsewhere.
var isoMedia = map[string]bool{
	".mp4": true, ".m4s": true, ".m4v": true, ".m4a": true, ".m4f": true, ".mp4a": true, ".mp4v": true,
	".cmfv": true, ".cmfa": true, ".cmft": true, ".cmfm": true,
}

// privateKinds are the extensions of what is too small to be worth sharing
// (audio, subtitles), or has no form that could be checked; true for those of
// text.
var privateKinds = map[string]bool{
	".webm": false, ".mkv": false,
	".aac": false, ".ac3": false, ".ec3": false, ".eac3": false, ".mp3": false, ".mp2": false,
	".flac": false, ".ogg": false, ".opus": false,
	".vtt": true, ".webvtt": true, ".srt": true, ".ttml": true, ".dfxp": true, ".stpp": true, ".xml": true,
}

// Shareable says whether peers may give each other the segment: MPEG-TS or
// fMP4, encrypted or not, a whole resource or a byte range. The wire names it by
// its [Segment.Identity]. Without an initialization section, what promises to
// be fMP4 may hold one, and those never travel (protocol 1.10). An extension
// that says nothing, such as .php or .jpg, does not stand in the way.
func (s Segment) Shareable() bool {
	ext := extension(s.URL)
	_, private := privateKinds[ext]
	return s.Fault == nil && !s.Gap && !private && (s.Map != nil || !isoMedia[ext])
}

const (
	tsPacket = 188 // bytes
	tsSync   = 0x47
	aesBlock = 16 // bytes
)

var (
	errEmpty   = errors.New("empty body")
	errPage    = errors.New("body is text, not media")
	errNotTS   = errors.New("body is not an MPEG transport stream")
	errNotAES  = errors.New("body is not a whole number of cipher blocks")
	errPackets = errors.New("transport stream ends inside a packet")
)

// Plausible is a cheap check of a complete body before it is shown or shared.
// It finds what broken servers and proxies send instead of media: nothing, a
// page, half a file. It does not find a clever forgery.
//
// A transport stream has its sync byte every 188 bytes and ends with a whole
// packet. That is demanded where the extension promises one, and where the
// body begins like one. Behind an initialization section a body consists of
// boxes, the media among them. A body in AES blocks has a length that is a
// multiple of 16. SAMPLE-AES leaves packets and boxes readable.
func (s Segment) Plausible(b []byte) error { return s.plausible(b, true) }

// PlausibleHead is the same for a body of which more is to come.
func (s Segment) PlausibleHead(b []byte) error { return s.plausible(b, false) }

func (s Segment) plausible(b []byte, whole bool) error {
	ext := extension(s.URL)
	_, private := privateKinds[ext]
	switch {
	case len(b) == 0:
		return errEmpty
	case isPage(b) || !privateKinds[ext] && isText(b):
		return errPage
	case s.Method() == "AES-128" || s.Method() == "AES-256":
		if whole && len(b)%aesBlock != 0 {
			return fmt.Errorf("%w: %d bytes", errNotAES, len(b))
		}
		return nil
	case s.Encrypted() && !strings.HasPrefix(s.Method(), "SAMPLE-AES"):
		return nil
	case s.Map == nil && transportStream[ext] || beginsLikeTS(b):
		return checkTS(b, whole)
	case s.Map != nil && !private:
		// The byte range of an I-frame ends inside its box. How long it is says
		// the playlist.
		return checkBoxes(b, whole, s.Range != nil)
	}
	return nil
}

// checkTS looks at every packet.
func checkTS(b []byte, whole bool) error {
	for i := 0; i < len(b); i += tsPacket {
		if b[i] != tsSync {
			return fmt.Errorf("%w: no sync byte at %d", errNotTS, i)
		}
	}
	if whole && len(b)%tsPacket != 0 {
		return fmt.Errorf("%w: %d bytes", errPackets, len(b))
	}
	return nil
}

func beginsLikeTS(b []byte) bool {
	return len(b) > 2*tsPacket && b[0] == tsSync && b[tsPacket] == tsSync && b[2*tsPacket] == tsSync
}

// isPage says whether b begins like HTML.
func isPage(b []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(b[:min(len(b), 256)], bom)))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// isText says whether b begins like text: UTF-8 without control characters.
func isText(b []byte) bool {
	b = b[:min(len(b), 512)]
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && len(b) >= utf8.UTFMax || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
		b = b[n:]
	}
	return true
}
