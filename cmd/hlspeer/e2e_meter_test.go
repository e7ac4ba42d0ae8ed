//go:build e2e

package main_test

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// meter makes a playback of what a player says while it plays.
type meter struct {
	playback
	began    time.Time
	playFor  time.Duration
	from     float64  // its clock at the first frame, seconds
	harmless []string // complaints that it has at the source as well
	over     bool     // it has played enough: what it says of being ended does not count
}

func newMeter(playFor time.Duration, harmless ...string) *meter {
	return &meter{began: time.Now(), playFor: playFor, harmless: harmless}
}

// shown takes another frame, at that time on the player's clock.
func (m *meter) shown(at float64) {
	if m.frames == 0 {
		m.from = at
	}
	m.frames++
	m.decoded()
	m.reached(at - m.from)
}

// decoded takes that a first frame is there.
func (m *meter) decoded() {
	if m.firstFrame == 0 {
		m.firstFrame = time.Since(m.began)
	}
}

// reached takes how far the player's clock has gone, in seconds.
func (m *meter) reached(s float64) {
	m.media = max(m.media, time.Duration(s*float64(time.Second)))
	m.over = m.over || m.media >= m.playFor
}

// complained takes a complaint.
func (m *meter) complained(line string) {
	if m.over {
		return
	}
	for _, h := range m.harmless {
		if strings.Contains(line, h) {
			return
		}
	}
	m.faults = append(m.faults, line)
}

// ended takes how the player ended, and gives what became of all.
func (m *meter) ended(err error) playback {
	if err != nil {
		m.faults = append(m.faults, err.Error())
	}
	return m.playback
}

// What the filter showinfo says of each frame that passes, which is how players
// that are made of ffmpeg's libraries tell of them.
var frameInfo = regexp.MustCompile(`Parsed_showinfo.*\bn: *\d+ pts:.*\bpts_time:([\d.-]+)`)

// find takes a number from a line.
func find(pattern *regexp.Regexp, line string) (v float64, ok bool) {
	m := pattern.FindStringSubmatch(line)
	if m == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(m[1], 64)
	return v, err == nil
}
