//go:build e2e

package main_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A form is a kind of stream that ffmpeg makes of a film.
type form struct {
	name string
	live bool
	args string // to ffmpeg, of the output; DIR stands for where it goes
	maps string // -var_stream_map
	list string // a media playlist
	keys bool   // segments are encrypted, with keys that change
}

// Options that several forms share. Segments last 2 s.
const (
	oneOfEach = "-map 0:v:0 -map 0:a:0 "
	liveFlags = "delete_segments+program_date_time+independent_segments+omit_endlist+temp_file"
	liveArgs  = "-c copy -f hls -hls_time 2 -hls_list_size 6 -hls_delete_threshold 6 -hls_flags " + liveFlags
	tsFiles   = " -hls_segment_filename DIR/seg%d.ts DIR/index.m3u8"
)

var liveTS = form{name: "ts", live: true, list: "index.m3u8", args: oneOfEach + liveArgs + tsFiles}

// forms are the streams that every player plays.
var forms = []form{
	liveTS,
	{name: "vod", list: "index.m3u8", args: oneOfEach + "-t 120 -c copy -f hls -hls_time 2 -hls_playlist_type vod" + tsFiles},
	{
		name: "fmp4", live: true, list: "index.m3u8",
		args: oneOfEach + liveArgs + " -hls_segment_type fmp4 -hls_segment_filename DIR/seg%d.m4s DIR/index.m3u8",
	},
	{
		name: "aes", live: true, list: "index.m3u8", keys: true,
		args: oneOfEach + liveArgs + "+periodic_rekey -hls_key_info_file DIR/keyinfo" + tsFiles,
	},
	{
		name: "multi", live: true, list: "0/list.m3u8",
		maps: "v:0,agroup:a v:1,agroup:a a:0,agroup:a,language:en,default:yes a:1,agroup:a,language:de",
		args: "-map 0:v:0 -map 0:v:1 -map 0:a:0 -map 0:a:1 " + liveArgs +
			" -master_pl_name index.m3u8 -hls_segment_filename DIR/%v/seg%d.ts DIR/%v/list.m3u8",
	},
}

// longer is the form in segments of 6 s.
func (f form) longer() form {
	f.name, f.args = f.name+"-6s", strings.Replace(f.args, "-hls_time 2", "-hls_time 6", 1)
	return f
}

// film makes one from ffmpeg's arguments.
func film(path, args string) error {
	all := append(strings.Fields("-nostdin -y -v error "+args), path)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return nil
}

// shortFilm is 30 s at 2.5 Mbit/s, made once for all tests.
var shortFilm = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hlspeer-e2e-media-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "src.mp4")
	return path, film(path, "-f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 30 "+
		"-c:v libx264 -preset ultrafast -tune zerolatency -b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 -keyint_min 60 -sc_threshold 0 "+
		"-pix_fmt yuv420p -c:a aac -b:a 128k")
})

// longFilm lasts longer than a test, so that no clock jumps in the middle. It has
// two pictures and two sounds, all of them small.
func longFilm(path string) error {
	return film(path, "-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i testsrc2=size=192x108:rate=25 "+
		"-f lavfi -i sine=frequency=440:sample_rate=48000 -f lavfi -i sine=frequency=880:sample_rate=48000 "+
		"-map 0:v -map 1:v -map 2:a -map 3:a -t 480 -c:v libx264 -preset ultrafast -b:v:0 300k -maxrate:v:0 300k -bufsize:v:0 300k "+
		"-b:v:1 120k -maxrate:v:1 120k -bufsize:v:1 120k -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 64k")
}

// make begins a stream. from are ffmpeg's arguments of the input.
func (s *source) make(t *testing.T, f form, from string) {
	t.Helper()
	dir := filepath.Join(s.dir, f.name)
	for _, sub := range []string{"", "0", "1", "2", "3"} { // ffmpeg makes none, and only multi needs these
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if f.keys {
		rotateKeys(t, dir)
	}
	args := strings.Fields("-nostdin -v error " + from)
	if f.maps != "" {
		args = append(args, "-var_stream_map", f.maps)
	}
	args = append(args, strings.Fields(strings.ReplaceAll(f.args, "DIR", dir))...)
	p := start(t, "ffmpeg of "+f.name, "ffmpeg", args...)
	if f.live {
		return
	}
	if <-p.ended; p.err != nil {
		t.Fatalf("%s: %v\n%s", p.name, p.err, p.stderr.String())
	}
}

// started waits until a player could start.
func (s *source) started(t *testing.T, f form) {
	t.Helper()
	await(t, "four segments of "+f.name, 60*time.Second, func() bool {
		list, err := s.content(f.name + "/" + f.list)
		return err == nil && bytes.Count(list, []byte("#EXTINF")) >= 4
	})
}

// rotateKeys names another key for the segments to come every 4 s, until the
// test ends.
func rotateKeys(t *testing.T, dir string) {
	t.Helper()
	n := 0
	next := func() error {
		n++
		name, key, info := fmt.Sprintf("key%d.key", n), make([]byte, 16), filepath.Join(dir, "keyinfo")
		_, _ = rand.Read(key) // it never fails
		if err := os.WriteFile(filepath.Join(dir, name), key, 0o644); err != nil {
			return err
		}
		text := name + "\n" + filepath.Join(dir, name) + "\n"
		if err := os.WriteFile(info+".tmp", []byte(text), 0o644); err != nil {
			return err
		}
		return os.Rename(info+".tmp", info) // ffmpeg reads it at any time
	}
	if err := next(); err != nil {
		t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(4 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := next(); err != nil {
					t.Error(err)
				}
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { close(done); <-ended })
}

// url is where a run finds the stream.
func (s *source) url(run string, f form) string {
	return s.base + "/" + run + "/" + f.name + "/index.m3u8"
}

// check compares the segment that a viewer got with the true one, in dir below
// the source's.
func (s *source) check(dir string) func(sn int64, body []byte) error {
	return func(sn int64, body []byte) error {
		want, err := s.content(fmt.Sprintf("%s/seg%d.ts", dir, sn))
		if err == nil && !bytes.Equal(body, want) {
			err = fmt.Errorf("segment %d differs from the source's", sn)
		}
		return err
	}
}

// channel is a live one that goes on for as long as a test lasts.
type channel struct {
	*source
	url string
}

// startChannel begins one of MPEG-TS at 2.5 Mbit/s, and waits until a player
// could start.
func startChannel(t *testing.T) *channel {
	t.Helper()
	path, err := shortFilm()
	if err != nil {
		t.Fatal(err)
	}
	s := startSource(t, nil)
	s.make(t, liveTS, "-re -stream_loop -1 -i "+path)
	s.started(t, liveTS)
	return &channel{s, s.url("live", liveTS)}
}

func (c *channel) check(sn int64, body []byte) error { return c.source.check(liveTS.name)(sn, body) }
