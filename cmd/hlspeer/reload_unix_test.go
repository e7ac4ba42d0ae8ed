//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// TestReloadRunningPeer: SIGHUP gives a running peer another channel and another
// uplink. It must not run beside others: they would hear the signal, too.
func TestReloadRunningPeer(t *testing.T) {
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	tracker := meshTracker(t, "")
	const file = "channels: ['%[1]s/live.m3u8?a=1', '%[1]s/live.m3u8?a=2']\nupload: 1Mbps\n"
	path := written(t, fmt.Sprintf(file, src.URL))
	ctx, cancel := context.WithCancel(t.Context())
	out, errs, ended := lineWriter{make(chan string, 16)}, lineWriter{make(chan string, 256)}, make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"peer", "--config", path, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--tracker", tracker}, out, errs)
	}()
	defer func() {
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("the peer ended with %d", code)
		}
	}()
	status := func(url string) int {
		t.Helper()
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	_, first := addressOf(t, <-out.lines, false)
	_, second := addressOf(t, <-out.lines, false)
	for _, play := range []string{first, second} {
		if got := status(play); got != http.StatusOK {
			t.Fatalf("%s: status %d", play, got)
		}
	}
	text := strings.NewReplacer("live.m3u8?a=2", "film.m3u8", "1Mbps", "2Mbps").Replace(fmt.Sprintf(file, src.URL))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for !strings.Contains(told.String(), "read again") {
		select {
		case line := <-errs.lines:
			told.WriteString(line)
		case <-time.After(10 * time.Second):
			t.Fatalf("not read again: %s", told.String())
		}
	}
	if strings.Contains(told.String(), "restart") || strings.Contains(told.String(), "cannot") {
		t.Errorf("told: %s", told.String())
	}
	<-out.lines // admin
	_, third := addressOf(t, <-out.lines, false)
	if !strings.HasSuffix(third, "/film.m3u8") {
		t.Errorf("the new channel is %s", third)
	}
	for play, want := range map[string]int{first: http.StatusOK, second: http.StatusNotFound} {
		if got := status(play); got != want {
			t.Errorf("%s: status %d, want %d", play, got, want)
		}
	}
}
