package hls

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const testBase = "https://cdn.example.com/live/channel/index.m3u8?token=secret"

// testImports are variables of a master playlist.
var testImports = Variables{"auth": "imported"}

// playlists are the texts of testdata by name.
func playlists(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.m3u8")
	if err != nil || len(files) < 90 {
		t.Fatalf("testdata has %d playlists (%v)", len(files), err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".m3u8")] = text
	}
	return out
}

// TestGolden shows what each playlist was read as and what players get.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, text := range playlists(t) {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p, err := Parse(text, mustURL(t, testBase), testImports)
			if err != nil {
				fmt.Fprintf(&out, "refused: %v\n", err)
			} else {
				dump(&out, p)
				v := view{}
				out.WriteString("--- players get\n")
				out.Write(v.render(p).data)
			}
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("differs from %s (rewrite with -update):\n%s", file, out.Bytes())
			}
		})
	}
}

func dump(w *bytes.Buffer, p *Playlist) {
	if m := p.Master; m != nil {
		for _, r := range m.Renditions {
			fmt.Fprintf(w, "%s %s %d bit/s", r.Kind, r.ID, r.Bandwidth)
			if r.Average > 0 {
				fmt.Fprintf(w, " average %d", r.Average)
			}
			fmt.Fprintf(w, " %q = %s\n", r.URI, r.URL)
		}
		for _, name := range slices.Sorted(maps.Keys(m.Variables)) {
			fmt.Fprintf(w, "variable %s = %q\n", name, m.Variables[name])
		}
	}
	if p.Media != nil {
		dumpMedia(w, p.Media)
	}
	for _, r := range p.refs {
		if r.Kind != RefSegment && (p.Master == nil || r.Kind != RefPlaylist) {
			fmt.Fprintf(w, "%s %q = %s\n", r.Kind, r.Raw, r.URL)
		}
	}
}

func dumpMedia(w *bytes.Buffer, m *Media) {
	fmt.Fprintf(w, "target %v sequence %d", m.TargetDuration, m.Sequence)
	show(w, "discontinuities", m.DiscontinuitySequence)
	show(w, "type", m.Type)
	show(w, "skipped", m.Skipped)
	show(w, "ended", m.Ended)
	show(w, "I-frames", m.IFramesOnly)
	show(w, "blocks", m.Control.CanBlockReload)
	show(w, "skips", m.Control.CanSkipUntil)
	show(w, "parts", m.Control.PartTarget)
	if m.Start != nil {
		fmt.Fprintf(w, " start=%v", *m.Start)
	}
	fmt.Fprintln(w)
	for _, s := range m.Segments {
		fmt.Fprintf(w, "%d %v %q = %s", s.SN, s.Duration, s.URI, s.URL)
		show(w, "shareable", s.Shareable())
		show(w, "gap", s.Gap)
		show(w, "discontinuity", s.Discontinuity)
		show(w, "stretch", s.DiscontinuitySequence)
		show(w, "bit/s", s.BitRate)
		if s.Range != nil {
			fmt.Fprintf(w, " bytes=%d+%d", s.Range.Offset, s.Range.Length)
		}
		if s.Fault != nil {
			fmt.Fprintf(w, " fault=%q", s.Fault)
		}
		if !s.ProgramDateTime.IsZero() {
			fmt.Fprintf(w, " at=%s", s.ProgramDateTime.Format(time.RFC3339Nano))
		}
		if i := s.Map; i != nil {
			fmt.Fprintf(w, " map=%v", i.URL)
			if i.Range != nil {
				fmt.Fprintf(w, " bytes=%d+%d", i.Range.Offset, i.Range.Length)
			}
		}
		for _, k := range s.Keys {
			fmt.Fprintf(w, " key={%s %q = %v", k.Method, k.URI, k.URL)
			show(w, "iv", k.IV)
			show(w, "format", k.Format)
			fmt.Fprint(w, "}")
		}
		fmt.Fprintln(w)
	}
}

// show writes what is not the usual.
func show[T comparable](w *bytes.Buffer, name string, value T) {
	if usual := *new(T); value != usual {
		fmt.Fprintf(w, " %s=%v", name, value)
	}
}
