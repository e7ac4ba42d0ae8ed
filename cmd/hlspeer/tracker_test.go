package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTrackerSpeedTest: the flag opens and closes the speed test.
func TestTrackerSpeedTest(t *testing.T) {
	for flag, want := range map[string]int{"--speed-test": http.StatusOK, "--speed-test=false": http.StatusNotFound} {
		ctx, cancel := context.WithCancel(t.Context())
		out := lineWriter{make(chan string, 4)}
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"tracker", "--listen", "127.0.0.1:0", "--log-level", "error", flag}, out, io.Discard)
		}()
		_, url := addressOf(t, <-out.lines, false)
		answer, err := http.Post(url+"/speed_test", "application/octet-stream", strings.NewReader("some bytes"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: status %d, want %d", flag, answer.StatusCode, want)
		}
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("%s: ended with %d", flag, code)
		}
	}
}
