//go:build e2e

package main_test

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// fault is what a source does to every fifth segment of a run, for a while
// from when it first lists it. A nil fault is none.
type fault struct {
	lasts  time.Duration
	answer func(http.ResponseWriter, *http.Request)

	mu     sync.Mutex
	listed map[string]time.Time
	struck map[string]time.Time // those of listed that it was of consequence for
}

const faultEvery = 5 // segments

func newFault(lasts time.Duration, answer func(http.ResponseWriter, *http.Request)) *fault {
	return &fault{lasts: lasts, answer: answer, listed: map[string]time.Time{}, struck: map[string]time.Time{}}
}

// hang never answers: it ends when the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// listing notes what a playlist lists for the first time.
func (f *fault) listing(file string, text []byte) {
	if f == nil || path.Ext(file) != ".m3u8" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for line := range strings.Lines(string(text)) {
		name := path.Join(path.Dir(file), strings.TrimSpace(line))
		if _, known := f.listed[name]; !known && f.meant(name) {
			f.listed[name] = time.Now()
		}
	}
}

// meant says that a file is one of the segments that the fault is for.
func (f *fault) meant(file string) bool {
	var n int
	_, err := fmt.Sscanf(path.Base(file), "seg%d.", &n)
	return err == nil && n%faultEvery == 0
}

// strikes answers in place of the source where it is time to, and says so.
func (f *fault) strikes(w http.ResponseWriter, r *http.Request, file string) bool {
	if f == nil || !f.meant(file) {
		return false
	}
	f.mu.Lock()
	since, known := f.listed[file]
	strike := known && time.Since(since) < f.lasts
	if strike {
		f.struck[file] = since
	}
	f.mu.Unlock()
	if strike {
		f.answer(w, r)
	}
	return strike
}

// between is how many segments were listed then that the fault was of
// consequence for.
func (f *fault) between(from, to time.Time) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.struck {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}
