package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"hlspeer/peer"
)

// recordedAnswer is what a peer of testdata/peer has answered once.
func recordedAnswer(t *testing.T, name string, at time.Time) (a topAnswer) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "peer", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Status   peer.Status
		Segments []peer.ChannelSegments
	}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	return topAnswer{at: at, status: record.Status, segments: record.Segments}
}

// topSequence is a model that has seen a peer for so many seconds, the counters of
// which grew by a segment every other second.
func topSequence(t *testing.T, name string, seconds, width, height int) topModel {
	t.Helper()
	m := newTopModel("http://127.0.0.1:8091", nil)
	m = told(t, m, tea.WindowSizeMsg{Width: width, Height: height})
	began := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	for i := range seconds {
		a := recordedAnswer(t, name, began.Add(time.Duration(i)*time.Second))
		grow(&a, int64(i/2))
		m = told(t, m, a)
	}
	return m
}

// grow adds n segments to the counters of an answer.
func grow(a *topAnswer, n int64) {
	a.status.Uptime += float64(n)
	for i := range a.status.Channels {
		tracks := a.status.Channels[i].Tracks
		for j := range tracks {
			tracks[j].Bytes.P2P += 40_000 * n
			tracks[j].Bytes.HTTP += 10_000 * n
			tracks[j].Bytes.Uploaded += 50_000 * (n / 2)
			for k := range tracks[j].Parents {
				tracks[j].Parents[k].Received += 40_000 * n / int64(k+1)
			}
		}
	}
}

func told(t *testing.T, m topModel, msg tea.Msg) topModel {
	t.Helper()
	next, _ := m.Update(msg)
	return next.(topModel)
}

// pressed gives keys to a model.
func pressed(t *testing.T, m topModel, keys ...string) topModel {
	t.Helper()
	codes := map[string]rune{"tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight}
	for _, k := range keys {
		key := tea.KeyPressMsg{Code: codes[k]}
		if key.Code == 0 {
			key = tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
		}
		m = told(t, m, key)
	}
	return m
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// drawn is the screen without colours; it checks that it fits.
func drawn(t *testing.T, m topModel) string {
	t.Helper()
	text := escapes.ReplaceAllString(m.View().Content, "")
	lines := strings.Split(text, "\n")
	if len(lines) != max(1, m.height) {
		t.Errorf("%dx%d: %d lines", m.width, m.height, len(lines))
	}
	for _, line := range lines {
		if n := lipgloss.Width(line); n > m.width {
			t.Errorf("%dx%d: %d cells: %q", m.width, m.height, n, line)
		}
	}
	if bad := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r < ' ' || r == '\u202e' }); bad >= 0 {
		t.Errorf("prints %q", text[bad:])
	}
	return trimLines(text + "\n")
}

// TestTopScreens: what is drawn for answers that peers gave.
func TestTopScreens(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		for _, name := range []string{"fed", "all", "parent_stops", "hostile"} {
			m := topSequence(t, name, 40, size[0], size[1])
			golden(t, "top", fmt.Sprintf("%s.%dx%d.txt", name, size[0], size[1]), drawn(t, m))
		}
		m := topSequence(t, "all", 40, size[0], size[1])
		var panels strings.Builder
		for _, keys := range [][]string{{"enter"}, {",", "w"}, {"?"}, {"tab"}, {"tab", "tab"}} {
			fmt.Fprintf(&panels, "---- %s\n%s", strings.Join(keys, " "), drawn(t, pressed(t, m, keys...)))
		}
		golden(t, "top", fmt.Sprintf("panels.%dx%d.txt", size[0], size[1]), panels.String())
	}
}

// TestTopAnySize: no size of a terminal is too small.
func TestTopAnySize(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"all", "hostile"} {
		m := topSequence(t, name, 3, 80, 24)
		for width := 0; width < 130; width += 7 {
			for height := 0; height < 45; height += 6 {
				m = told(t, m, tea.WindowSizeMsg{Width: width, Height: height})
				for _, keys := range [][]string{{}, {"enter"}, {"esc", "w", "down"}, {"esc", "?", "down", "down"}, {"esc", "tab", ","}} {
					m = pressed(t, m, keys...)
					m.screen()
				}
				m = pressed(t, m, "esc")
				if width >= 10 {
					drawn(t, m)
				}
			}
		}
	}
}

// TestTopKeys: what keys do.
func TestTopKeys(t *testing.T) {
	t.Parallel()
	m := topSequence(t, "all", 3, 80, 24)
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not quit")
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); cmd == nil || cmd() != tea.Quit() {
		t.Error("Ctrl-C does not quit")
	}
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{nil, "> parent   P1"},
		{[]string{"down"}, "> parent   P2"},
		{[]string{"down", "down", "down", "down", "down"}, "> child    C"},
		{[]string{"down", "up", "up"}, "> parent   P1"},
		{[]string{"s", "s"}, "sort: RTT"},
		{[]string{"down", "s", "s"}, "> parent   P2"}, // the selected one stays
		{[]string{"tab"}, "> film"},
		{[]string{"right", "left"}, "> a "},
		{[]string{"left"}, "> idle"},
		{[]string{"left"}, "No playlist of it is running"},
		{[]string{"tab", "tab"}, "No links to other peers."},
		{[]string{"enter"}, "Parent P1"},
		{[]string{"enter", "esc"}, "ROLE"},
		{[]string{"enter", "down"}, "Parent P2"},
		{[]string{"?"}, "Ctrl-C"},
		{[]string{"?", "?"}, "ROLE"},
		{[]string{"w"}, "Segment 47 is on its way"},
		{[]string{",", ",", ",", "w"}, "Segment 44 could not be had"},
		{[]string{",", ",", ".", "."}, "47 on its way"},
		{[]string{"p"}, "paused"},
		{[]string{"p", "p"}, "15:00:02"},
	} {
		if text := drawn(t, pressed(t, m, tt.keys...)); !strings.Contains(text, tt.want) {
			t.Errorf("%q: no %q in\n%s", tt.keys, tt.want, text)
		}
	}
}

// TestTopPolls: one question at a time, none while paused.
func TestTopPolls(t *testing.T) {
	t.Parallel()
	m := newTopModel("b", func(context.Context) topAnswer { return topAnswer{} })
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	m = told(t, m, topTick(at)) // the first one is still out
	if !m.asking {
		t.Fatal("asked again before the answer")
	}
	m = told(t, m, recordedAnswer(t, "fed", at))
	if m.asking {
		t.Fatal("the answer is not noticed")
	}
	if m = told(t, pressed(t, m, "p"), topTick(at)); m.asking {
		t.Error("asks while paused")
	}
	if m = told(t, pressed(t, m, "p"), topTick(at)); !m.asking {
		t.Error("does not go on")
	}
}

// TestTopAway: a peer that goes and comes back with counters from nought.
func TestTopAway(t *testing.T) {
	t.Parallel()
	m := topSequence(t, "all", 20, 80, 24)
	last := m.answer.at
	for i := 1; i <= 12; i++ {
		m = told(t, m, topAnswer{at: last.Add(time.Duration(i) * time.Second), err: errors.New("connection \x1b[2J refused")})
	}
	if text := drawn(t, m); !strings.Contains(text, "no answer for 12s") || !strings.Contains(text, `Not of now: connection \x1b[2J refused`) || !strings.Contains(text, "parent   P1") {
		t.Error(text)
	}
	for i := range 3 {
		a := recordedAnswer(t, "all", last.Add(time.Duration(13+i)*time.Second))
		a.status.Uptime = float64(i)
		a.status.Channels[0].Tracks[0].Bytes = peer.TrackBytes{P2P: int64(i) * 12_500}
		m = told(t, m, a)
	}
	text := drawn(t, m)
	if strings.Contains(text, "no answer") || !strings.Contains(text, "it began anew at 15:00:32") {
		t.Error(text)
	}
	if !regexp.MustCompile(`from peers +100 kbps`).MatchString(text) {
		t.Errorf("want 12,500 bytes a second to be 100 kbps:\n%s", text)
	}
}

// TestTopRates: rates are of the time that has passed, however often is asked, and
// one counter that falls does not disturb the others.
func TestTopRates(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	var h topHistory
	answer := func(second int, source, peers int64) {
		track := peer.TrackStatus{Room: "r", Bytes: peer.TrackBytes{HTTP: source, P2P: peers}}
		h.add(began.Add(time.Duration(second)*time.Second), peer.Status{Uptime: float64(second), Channels: []peer.ChannelStatus{{Name: "c", Tracks: []peer.TrackStatus{track}}}})
	}
	source, peers := topKey{"c", "r", "", "source"}, topKey{"c", "r", "", "peers"}
	if _, ok := h.rate(source); ok {
		t.Error("a rate of nothing")
	}
	answer(0, 0, 0)
	answer(10, 125_000, 0) // 100 kbit/s
	if bits, ok := h.rate(source); !ok || bits != 100_000 {
		t.Errorf("%d bit/s", bits)
	}
	for i, v := range h.curve(source, 6) {
		want := -1.0
		if i == 5 {
			want = 100_000
		}
		if v != want {
			t.Errorf("part %d: %v bit/s, want %v", i, v, want)
		}
	}
	answer(12, 0, 1_000_000)
	answer(20, 1_000_000, 1_000_000)
	if bits, _ := h.rate(source); bits != 1_000_000 {
		t.Errorf("%d bit/s after the counter fell", bits)
	}
	if bits, _ := h.rate(peers); bits != 400_000 {
		t.Errorf("%d bit/s in the last 20 s", bits)
	}
	for second := range 1000 {
		answer(21+second, 1_000_000, 1_000_000)
	}
	if n := len(h.points[source]); n > 63 {
		t.Errorf("%d points are kept of a minute", n)
	}
}

// TestTopNeedsTerminal: elsewhere it says what to take.
func TestTopNeedsTerminal(t *testing.T) {
	t.Parallel()
	got := execute(t.Context(), "top")
	if got.code != exitUsage || !strings.Contains(got.stderr, "hlspeer debug parents") || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	if got := execute(t.Context(), "top", "--admin", "off"); got.code != exitUsage || !strings.Contains(got.stderr, "--admin") {
		t.Errorf("%+v", got)
	}
}

// TestTopASCII: where a terminal has only ASCII, nothing else is written.
func TestTopASCII(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"C.UTF-8": true, "de_DE.utf8": true, "C": false, "": false} {
		if got := speaksUTF8(func(name string) string { return map[string]string{"LANG": value}[name] }); got != want {
			t.Errorf("LANG=%s: %v", value, got)
		}
	}
	m := topSequence(t, "hostile", 30, 60, 24)
	m.ascii = true
	for _, r := range m.screen() {
		if r > 0x7e {
			t.Fatalf("%q in %s", r, m.screen())
		}
	}
}
