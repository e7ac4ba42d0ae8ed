package hls

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// transportStream are the extensions that promise MPEG-TS.
var transportStream = map[string]bool{".ts": true, ".m2t": true, ".tsv": true, ".tsa": true}

// privateKinds are the extensions of what has a header elsewhere (fMP4) or is
// too small to be worth sharing (audio, subtitles); true for those of text.
var privateKinds = map[string]bool{
	".mp4": false, ".m4s": false, ".m4v": false, ".m4a": false, ".m4f": false, ".mp4a": false, ".mp4v": false,
	".cmfv": false, ".cmfa": false, ".cmft": false, ".cmfm": false, ".webm": false, ".mkv": false,
	".aac": false, ".ac3": false, ".ec3": false, ".eac3": false, ".mp3": false, ".mp2": false,
	".flac": false, ".ogg": false, ".opus": false,
	".vtt": true, ".webvtt": true, ".srt": true, ".ttml": true, ".dfxp": true, ".stpp": true, ".xml": true,
}

// Shareable says whether peers may give each other the segment: a whole
// resource of MPEG-TS, encrypted or not. A byte range is never shared, because
// the wire names a segment by its URI alone (protocol 2.7), nor is what needs
// an initialization section (protocol 1.10). An extension that says nothing,
// such as .php or .jpg, does not stand in the way.
func (s Segment) Shareable() bool {
	_, private := privateKinds[extension(s.URL)]
	return s.Range == nil && s.Fault == nil && s.Map == nil && !private
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
// body begins like one. A body in AES blocks has a length that is a multiple
// of 16. SAMPLE-AES leaves the packets readable.
func (s Segment) Plausible(b []byte) error {
	ext := extension(s.URL)
	switch {
	case len(b) == 0:
		return errEmpty
	case isPage(b) || !privateKinds[ext] && isText(b):
		return errPage
	case s.Method() == "AES-128" || s.Method() == "AES-256":
		if len(b)%aesBlock != 0 {
			return fmt.Errorf("%w: %d bytes", errNotAES, len(b))
		}
		return nil
	case s.Encrypted() && s.Method() != "SAMPLE-AES" || s.Map != nil:
		return nil
	case transportStream[ext] || beginsLikeTS(b):
		return checkTS(b)
	}
	return nil
}

// checkTS looks at every packet.
func checkTS(b []byte) error {
	for i := 0; i < len(b); i += tsPacket {
		if b[i] != tsSync {
			return fmt.Errorf("%w: no sync byte at %d", errNotTS, i)
		}
	}
	if len(b)%tsPacket != 0 {
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
