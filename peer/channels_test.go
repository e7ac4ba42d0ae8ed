package peer

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSetChannels: what is named again goes on as it is, what is not ends with
// all its goroutines, what is new begins; faults change nothing.
func TestSetChannels(t *testing.T) {
	t.Parallel()
	at := func(paths ...string) (channels []ChannelConfig) {
		for _, p := range paths {
			channels = append(channels, ChannelConfig{URL: "http://source" + p + "?token=secret"})
		}
		return channels
	}
	synctest.Test(t, func(t *testing.T) {
		a := testAgent(t, sources{"/a.m3u8": liveText, "/b.m3u8": liveText, "/x/b.m3u8": liveText}, "/a.m3u8", "/b.m3u8")
		if err := a.SetChannels(at("/b.m3u8", "/a.m3u8")); err != nil { // before it runs
			t.Fatal(err)
		}
		end := runs(t, a)
		synctest.Wait()
		plays := func(path string, want int) {
			t.Helper()
			if w := ask(a.Proxy(), path); w.Code != want {
				t.Errorf("%s: status %d, want %d", path, w.Code, want)
			}
		}
		plays("/a/a.m3u8", http.StatusOK)
		before := a.serving()[1]

		for name, faulty := range map[string][]ChannelConfig{"none": nil, "twice": at("/a.m3u8", "/a.m3u8"), "no URL": {{URL: "nonsense"}}} {
			if err := a.SetChannels(faulty); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if err := a.SetChannels(at("/a.m3u8", "/x/b.m3u8")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := a.PlayPaths(); !slices.Equal(got, []string{"/a/a.m3u8", "/b/b.m3u8"}) {
			t.Errorf("to play: %q", got)
		}
		if got := a.serving(); got[0] != before || got[1].url.Path != "/x/b.m3u8" {
			t.Errorf("channels %v and %v", got[0].url, got[1].url)
		}
		plays("/a/a.m3u8", http.StatusOK)
		plays("/b/b.m3u8", http.StatusOK)

		moved := at("/a.m3u8")
		moved[0].Backups = []string{"http://elsewhere/a.m3u8"} // another channel than before
		if err := a.SetChannels(moved); err != nil {
			t.Fatal(err)
		}
		plays("/a/a.m3u8", http.StatusOK)
		plays("/b/b.m3u8", http.StatusNotFound)
		if a.serving()[0] == before {
			t.Error("a channel with other backups is the same")
		}
		time.Sleep(time.Minute)
		select {
		case <-before.top.ended:
		default:
			t.Error("a channel that is not named any more goes on")
		}
		end()
		if err := a.SetChannels(at("/b.m3u8")); err == nil {
			t.Error("an agent that has ended takes channels")
		}
	})
}

// TestSetUpload: a new offer is what the tracker is told, unless less has been
// measured, and what may leave.
func TestSetUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := testAgent(t, sources{"/a.m3u8": liveText}, "/a.m3u8")
		defer runs(t, a)()
		synctest.Wait()
		a.kit.claim.lower(3_000_000)
		for _, tt := range []struct{ offer, claim int64 }{{8_000_000, 3_000_000}, {1_000_000, 1_000_000}, {0, 0}, {2_000_000, 2_000_000}} {
			if err := a.SetUpload(tt.offer); err != nil {
				t.Fatal(err)
			}
			if got := a.kit.claim.bits(); got != tt.claim {
				t.Errorf("%d bit/s offered: %d claimed, want %d", tt.offer, got, tt.claim)
			}
		}
		for _, faulty := range []int64{-1, 1e12} {
			if err := a.SetUpload(faulty); err == nil {
				t.Errorf("%d bit/s is taken", faulty)
			}
		}
		began := time.Now()
		for range 50 { // 20 packets are the burst
			if err := a.kit.pace(context.Background(), uplinkBurst/20); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 350*time.Millisecond || took > 450*time.Millisecond {
			t.Errorf("what takes 0.39 s at 2 Mbit/s took %v", took)
		}
	})
}
