//go:build e2e

package main_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

// nativePlayers are those without a browser. Each runs without screen and
// sound, and plays in real time.
func nativePlayers() []player {
	return []player{
		{"ffmpeg", ffmpegMeter},
		{"ffplay", ffplayMeter},
		{"mpv", mpvMeter},
		{"vlc", vlcMeter},
		{"gstreamer", gstreamerMeter},
		{"streamlink", streamlinkMeter},
	}
}

// twiceInit is ffmpeg's remark on fMP4: it reads the initialization section anew
// with each playlist.
const twiceInit = "Found duplicated MOOV Atom. Skipped it"

var (
	// With -v level, the libraries' own words for how bad it is.
	libavComplaint = regexp.MustCompile(`\[(warning|error|fatal|panic)\]`)
	// mpv's log: [seconds][level][module] text.
	mpvComplaint = regexp.MustCompile(`^\[ *[\d.]+\]\[[wef]\]`)

	progressFrames = regexp.MustCompile(`^frame=(\d+)`)
	progressTime   = regexp.MustCompile(`^out_time_us=(\d+)`)
)

// ffmpegDecodes are the arguments to decode in real time, and tell of it on
// stdout.
func ffmpegDecodes(input string, playFor time.Duration) []string {
	return []string{
		"ffmpeg", "-nostdin", "-v", "repeat+level+warning", "-re", "-i", input, "-t", seconds(playFor),
		"-fps_mode", "passthrough", "-progress", "pipe:1", "-stats_period", "0.05", "-f", "null", "-",
	}
}

// lastFrames may be missing where ffmpeg stops.
const lastFrames = 200 * time.Millisecond

// ffmpegSays takes a line of one with such arguments.
func (m *meter) ffmpegSays(line string) (enough bool) {
	if n, ok := find(progressFrames, line); ok && n > 0 {
		m.frames = int(n)
		m.decoded()
	}
	if us, ok := find(progressTime, line); ok {
		m.reached(us / 1e6)
	}
	if line == "progress=end" {
		m.over = m.media >= m.playFor-lastFrames
	}
	if libavComplaint.MatchString(line) {
		m.complained(line)
	}
	return false // it ends by itself
}

func ffmpegMeter(ctx context.Context, _ *testing.T, url string, playFor time.Duration) playback {
	m := newMeter(playFor, twiceInit)
	return m.ended(program{args: ffmpegDecodes(url, playFor), hear: m.ffmpegSays}.run(ctx))
}

// filterSays takes a line of a player that lets frames pass the filter
// showinfo.
func (m *meter) filterSays(line string, complaint *regexp.Regexp) (enough bool) {
	if at, ok := find(frameInfo, line); ok {
		m.shown(at)
	} else if complaint.MatchString(line) {
		m.complained(line)
	}
	return m.over
}

func ffplayMeter(ctx context.Context, _ *testing.T, url string, playFor time.Duration) playback {
	m := newMeter(playFor, twiceInit, "Failed to initialize a hardware accelerated renderer")
	return m.ended(program{
		// What it drops to catch up would not pass the filter.
		args: []string{"ffplay", "-nostats", "-v", "repeat+level+info", "-noframedrop", "-vf", "showinfo", url},
		env:  []string{"SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy"},
		hear: func(line string) bool { return m.filterSays(line, libavComplaint) },
	}.run(ctx))
}

func mpvMeter(ctx context.Context, _ *testing.T, url string, playFor time.Duration) playback {
	// Its audio device that is none runs dry where the machine is busy, also at the
	// source. Where data are missing it stands still, which is seen anyway.
	m := newMeter(playFor, twiceInit, "Audio device underrun detected")
	return m.ended(program{
		args: []string{
			"mpv", "--no-config", "--vo=null", "--ao=null", "--really-quiet", "--log-file=/dev/stdout", "--vf=lavfi=[showinfo]", url,
		},
		hear: func(line string) bool { return m.filterSays(line, mpvComplaint) },
	}.run(ctx))
}

var (
	gstFrame     = regexp.MustCompile(`FakeSink:video: last-message = chain .* pts: (\d+):(\d+):([\d.]+)`)
	gstPreroll   = regexp.MustCompile(`FakeSink:video: last-message = preroll`)
	gstComplaint = regexp.MustCompile(`\b(ERROR|WARNING|CRITICAL)\b`)
)

func gstreamerMeter(ctx context.Context, _ *testing.T, url string, playFor time.Duration) playback {
	m := newMeter(playFor)
	return m.ended(program{
		args: []string{
			"gst-launch-1.0", "-v", "playbin3", "uri=" + url,
			"video-sink=fakesink name=video sync=true silent=false", "audio-sink=fakesink name=audio sync=true",
		},
		hear: func(line string) bool {
			switch at := gstFrame.FindStringSubmatch(line); {
			case at != nil:
				h, _ := strconv.Atoi(at[1])
				mins, _ := strconv.Atoi(at[2])
				s, _ := strconv.ParseFloat(at[3], 64)
				m.shown(float64(h*60+mins)*60 + s)
			case gstPreroll.MatchString(line):
				m.decoded() // it shows it once it has buffered enough
			case gstComplaint.MatchString(line):
				m.complained(line)
			}
			return m.over
		},
	}.run(ctx))
}

// streamlinkMeter has streamlink fetch what ffmpeg decodes.
func streamlinkMeter(ctx context.Context, _ *testing.T, url string, playFor time.Duration) playback {
	m := newMeter(playFor, twiceInit)
	out, in, err := os.Pipe()
	if err != nil {
		return m.ended(err)
	}
	defer out.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex // two programs speak
	fetched := make(chan error, 1)
	go func() {
		defer in.Close()
		fetched <- program{
			args:   []string{"streamlink", "--loglevel", "warning", "--stdout", "hls://" + url, "best"},
			stdout: in,
			hear: func(line string) bool {
				mu.Lock()
				defer mu.Unlock()
				m.complained(line)
				return false
			},
		}.run(ctx)
	}()
	err = program{args: ffmpegDecodes("pipe:0", playFor), stdin: out, hear: func(line string) bool {
		mu.Lock()
		defer mu.Unlock()
		return m.ffmpegSays(line)
	}}.run(ctx)
	stop(errEnough)
	if e := <-fetched; e != nil && !m.over {
		err = errors.Join(err, fmt.Errorf("streamlink: %w", e))
	}
	return m.ended(err)
}
