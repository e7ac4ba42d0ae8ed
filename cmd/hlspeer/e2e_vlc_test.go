//go:build e2e

package main_test

import (
	"context"
	"io"
	"os"
	"regexp"
	"testing"
	"time"
)

// What VLC says in its log, and what its remote control answers.
var (
	vlcFirst     = regexp.MustCompile(`decoder debug: Received first picture`)
	vlcComplaint = regexp.MustCompile(`\berror: `)
	vlcDisplayed = regexp.MustCompile(`^\| frames displayed +: +(\d+)`)
	vlcLost      = regexp.MustCompile(`^\| frames lost +: +(\d+)`)
	vlcTime      = regexp.MustCompile(`^(?:> )?(\d+)$`)
	vlcBroken    = regexp.MustCompile(`^\| (?:demux corrupted|discontinuities) +: +([1-9]\d*)`)
)

// vlcHarmless are complaints that VLC has at the source as well: of a machine
// without desktop; of an audio rendition that comes before the video, whose
// clock is its own; and, where the machine is busy, of data that come later than
// its cache of a second bears. How long a player stands still is judged by its
// clock.
var vlcHarmless = []string{
	"D-Bus", "dbus,none", "globalhotkeys,none", "no suitable interface module",
	"Timestamp conversion failed", "Could not convert timestamp 0 for",
	"ES_OUT_SET_(GROUP_)PCR  is called too late",
}

// vlcMeter asks VLC about itself all the time, through its remote control.
func vlcMeter(ctx context.Context, t *testing.T, url string, playFor time.Duration) playback {
	m := newMeter(playFor, vlcHarmless...)
	home, err := os.MkdirTemp("", "hlspeer-e2e-vlc-") // t.TempDir is closed to other users
	if err != nil {
		return m.ended(err)
	}
	defer os.RemoveAll(home)
	if err := os.Chmod(home, 0o777); err != nil {
		return m.ended(err)
	}
	questions, ask := io.Pipe()
	done := make(chan struct{})
	defer close(done)
	go askVLC(ask, done)
	displayed, start := 0, -1.0
	return m.ended(program{
		args: []string{ // it does not run as root
			"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "HOME=" + home,
			"cvlc", "-I", "oldrc", "--rc-fake-tty", "--vout", "dummy", "--aout", "dummy", "-vv", url,
		},
		stdin: questions,
		hear: func(line string) bool {
			if n, ok := find(vlcDisplayed, line); ok {
				displayed = int(n)
			}
			if n, ok := find(vlcLost, line); ok {
				m.frames = displayed + int(n)
			}
			// Whole seconds, and from where the list begins; 0 before it plays.
			if s, ok := find(vlcTime, line); ok && m.frames > 0 && s > 0 {
				if start < 0 {
					start = s
				}
				m.reached(s - start)
			}
			switch {
			case vlcFirst.MatchString(line):
				m.decoded()
			case vlcComplaint.MatchString(line):
				m.complained(line)
			case vlcBroken.MatchString(line) && len(m.faults) == 0:
				m.complained(line)
			}
			return m.over
		},
	}.run(ctx))
}

// askVLC asks until done is closed.
func askVLC(w *io.PipeWriter, done <-chan struct{}) {
	defer w.Close()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := io.WriteString(w, "stats\nget_time\n"); err != nil {
				return
			}
		case <-done:
			return
		}
	}
}
