package main

import (
	"slices"
	"strings"
	"testing"
)

// TestCompletion: what shells are told of flags, files and channels.
func TestCompletion(t *testing.T) {
	t.Parallel()
	admin := recordedPeer(t, "all")
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{[]string{"peer", "--engine", ""}, "auto fastmesh bittorrent none :4"},
		{[]string{"peer", "--log-level", ""}, "debug info warn error :4"},
		{[]string{"peer", "--log-format", ""}, "text json :4"},
		{[]string{"peer", "--upload", ""}, ":4"},
		{[]string{"peer", "--config", ""}, "yaml yml :8"},
		{[]string{"peer", "--key-file", ""}, ":0"},
		{[]string{"peer", "--admin", ""}, "off :4"},
		{[]string{"peer", ""}, ":4"},
		{[]string{"tracker", "--geoip", ""}, "mmdb :8"},
		{[]string{"simulate", "--profile", ""}, "steady flash quiesce deficit lognormal none mass-leave :4"},
		{[]string{"validate", "--for", ""}, "peer tracker :4"},
		{[]string{"validate", ""}, "yaml yml :8"},
		{[]string{"debug", "t"}, "topology trace :4"},
		{[]string{"debug", "parents", "--admin", admin, "--channel", ""}, "a film root plain idle :4"},
		{[]string{"top", "--admin", admin, "--channel", ""}, "a film root plain idle :4"},
		{[]string{"top", "--admin", "127.0.0.1:1", "--channel", ""}, ":4"},
		{[]string{"debug", "topology", "--channel", ""}, ":4"},
		{[]string{"man", ""}, ":16"},
	} {
		got := execute(t.Context(), append([]string{"__completeNoDesc"}, tt.words...)...)
		if text := strings.Join(strings.Fields(got.stdout), " "); got.code != exitDone || text != tt.want {
			t.Errorf("%q: %q, want %q", tt.words, text, tt.want)
		}
	}
}

// TestCompletionScripts: there is one for each shell.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := execute(t.Context(), "completion", shell); got.code != exitDone || !strings.Contains(got.stdout, "__complete") {
			t.Errorf("%s: %d, %d bytes, %s", shell, got.code, len(got.stdout), got.stderr)
		}
	}
}

// TestClosedSets: values that are offered are those that the program takes.
func TestClosedSets(t *testing.T) {
	t.Parallel()
	for flag, command := range map[string][]string{
		"engine": {"peer", "http://127.0.0.1:1/a.m3u8"}, "log-format": {"tracker"}, "log-level": {"tracker"}, "transport-log-level": {"peer", "http://127.0.0.1:1/a.m3u8"},
	} {
		for _, value := range append(slices.Clone(flagValues[flag]), "bogus") {
			// A second fault ends the command before it starts anything.
			got := execute(t.Context(), append(command, "--substreams", "999", "--"+flag, value)...)
			if wrong := strings.Contains(got.stderr, "--"+flag); got.code != exitUsage || wrong != (value == "bogus") {
				t.Errorf("--%s %s: %+v", flag, value, got)
			}
		}
	}
}
