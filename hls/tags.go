package hls

import (
	"bytes"
	"time"
)

// tag takes what a tag says of the list as a whole. What concerns the segments
// before it has no meaning behind one.
func (m *Media) tag(l line, segments int) {
	switch l.name {
	case "#EXT-X-PLAYLIST-TYPE":
		switch kind := PlaylistType(bytes.TrimSpace(l.args)); kind {
		case PlaylistEvent, PlaylistVOD:
			m.Type = kind
		}
	case "#EXT-X-I-FRAMES-ONLY":
		m.IFramesOnly = true
	case "#EXT-X-START":
		if offset, ok := l.attr("TIME-OFFSET"); ok {
			start := duration(seconds(offset))
			m.Start = &start
		}
	case "#EXT-X-SERVER-CONTROL":
		m.Control.CanBlockReload = l.value("CAN-BLOCK-RELOAD") == "YES"
		m.Control.CanSkipUntil = l.seconds("CAN-SKIP-UNTIL")
	case "#EXT-X-PART-INF":
		m.Control.PartTarget = l.seconds("PART-TARGET")
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		if segments == 0 {
			m.DiscontinuitySequence = int64(number(l.args, maxOffset))
		}
	case "#EXT-X-SKIP":
		if skipped, ok := l.attr("SKIPPED-SEGMENTS"); ok && segments == 0 {
			m.Skipped = int(number(skipped, maxSkipped))
		}
	}
}

const maxSkipped = 1 << 30 // segments that a delta update leaves out

// seconds is an attribute that is a length of time; 0 for none that makes
// sense.
func (l line) seconds(name string) time.Duration {
	value, _ := l.attr(name)
	return max(duration(seconds(value)), 0)
}

// bitRate is an attribute in bit/s; 0 for none that makes sense.
func (l line) bitRate(name string) int64 {
	value, _ := l.attr(name)
	return int64(number(value, maxOffset))
}
