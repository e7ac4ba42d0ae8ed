package peer

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

// TestTapSlowWatcher: who is too slow loses events and is told how many; others do
// not.
func TestTapSlowWatcher(t *testing.T) {
	t.Parallel()
	var tp tap
	if tp.watched() {
		t.Error("watched by nobody")
	}
	slow, _ := tp.watch(filter{})
	picky, _ := tp.watch(filter{types: []string{EventLink}})
	for range watcherBacklog + 120 {
		tp.tell(Event{Type: EventMessage, Message: &MessageEvent{Kind: "request"}})
	}
	if slow.lost.Load() != 120 || len(slow.events) != watcherBacklog || picky.lost.Load() != 0 || len(picky.events) != 0 {
		t.Errorf("lost %d, %d waiting; the other %d, %d", slow.lost.Load(), len(slow.events), picky.lost.Load(), len(picky.events))
	}
	tp.leave(slow)
	tp.leave(picky)
	if tp.watched() {
		t.Error("watched still")
	}
	for range maxWatchers {
		if _, err := tp.watch(filter{}); err != nil {
			t.Error(err)
		}
	}
	if _, err := tp.watch(filter{}); err == nil {
		t.Errorf("more than %d watch", maxWatchers)
	}
	tp.close()
	if w, err := tp.watch(filter{}); err != nil {
		t.Error(err)
	} else if _, more := <-w.events; more || tp.watched() {
		t.Error("an agent that has ended is watched")
	}
}

// TestWatchEvents: what is watched comes as server-sent events, what is lost is
// told, and the stream ends with the agent.
func TestWatchEvents(t *testing.T) {
	t.Parallel()
	a := testAgent(t, sources{}, "/a.m3u8")
	srv := httptest.NewServer(a.Admin())
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/api/v1/events?type=message&kind=request,piece&direction=in&channel=a")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if text := lines.Text(); text != "" && text[0] != ':' {
				return text
			}
		}
		return "end"
	}
	lines.Scan() // ": hlspeer": from here on we watch
	tell := func(channel, kind, direction string) {
		a.kit.tap.tell(Event{Type: EventMessage, Channel: channel, Message: &MessageEvent{Kind: kind, Direction: direction}})
	}
	tell("b", "request", "in")
	tell("a", "lack", "in")
	tell("a", "request", "out")
	tell("a", "piece", "in")
	if got := next(); got != "event: message" {
		t.Error(got)
	}
	if got := next(); !strings.HasPrefix(got, "data: {") || !strings.Contains(got, `"kind":"piece"`) {
		t.Error(got)
	}
	a.kit.tap.mu.Lock()
	a.kit.tap.watchers[0].lost.Store(120)
	a.kit.tap.mu.Unlock()
	tell("a", "request", "in")
	if got := fmt.Sprint(next(), next(), next(), next()); !strings.Contains(got, `event: lostdata: {"events":120}`) {
		t.Error(got)
	}
	for query, want := range map[string]int{"type=x": 400, "direction=up": 400} {
		if w := ask(a.Admin(), "/api/v1/events?"+query); w.Code != want {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	foreign := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/events", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if a.Admin().ServeHTTP(w, foreign); w.Code != http.StatusForbidden {
		t.Errorf("a page of another site: %d", w.Code)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ended); err != nil {
		t.Error(err)
	}
	if got := next(); got != "end" {
		t.Error(got)
	}
}

// TestMessageEvent: what of a message is told, whatever it is.
func TestMessageEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := agentOver(t, sources{"/a.m3u8": liveText}, ChannelConfig{URL: "http://source/a.m3u8?token=hush"})
		defer runs(t, a)()
		synctest.Wait()
		tr := a.channels[0].running()[0]
		for _, tt := range []struct{ via, kind, text, want, fields string }{
			{ViaLink, "", `{"event":"PIECE_NOT_FOUND","url":"a?b=hush"}`, "piece_not_found", `{"event":"PIECE_NOT_FOUND","url":"a?…"}`},
			{"scheduler", "", `{"action":"get_parents"}`, "get_parents", `{"action":"get_parents"}`},
			{"tracker", "announce", `{"peers":[]}`, "announce", `{"peers":[]}`},
			{"tracker", "stats", "", "stats", "null"},
			{ViaLink, "", `{"event":7}`, "unreadable", `{"event":7}`},
			{ViaLink, "", "\x1b[2J", "unreadable", "null"},
		} {
			ev := tr.messageEvent(tt.via, tt.kind, "", false, []byte(tt.text))
			if ev.Message.Kind != tt.want || string(ev.Message.Fields) != tt.fields || strings.Contains(ev.Room, "hush") {
				t.Errorf("%+v: %+v %s", tt, ev.Message, ev.Message.Fields)
			}
		}
	})
}

func BenchmarkSegmentMessageUnwatched(b *testing.B) {
	w := wireWatch{&tap{}}
	text := []byte(`{"event":"REQUEST","url":"a.ts","sn":1}`)
	for b.Loop() {
		w.Text(&link{}, true, text)
	}
}
