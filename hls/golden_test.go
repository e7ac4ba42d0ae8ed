package hls

import (
	"bytes"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// playlists are the texts of testdata by name.
func playlists(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.m3u8")
	if err != nil || len(files) < 15 {
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
			p, err := Parse(text, mustURL(t, testBase))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			dump(&out, p)
			v := view{}
			out.WriteString("--- players get\n")
			out.Write(v.render(p).data)
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
	if p.Master != nil {
		for _, r := range p.Master.Renditions {
			fmt.Fprintf(w, "%s %s %d bit/s %q = %s\n", r.Kind, r.ID, r.Bandwidth, r.URI, r.URL)
		}
	}
	if m := p.Media; m != nil {
		fmt.Fprintf(w, "target %v sequence %d ended %v\n", m.TargetDuration, m.Sequence, m.Ended)
		for _, s := range m.Segments {
			fmt.Fprintf(w, "%d %v %q = %s shareable=%v", s.SN, s.Duration, s.URI, s.URL, s.Shareable())
			if s.Range != nil {
				fmt.Fprintf(w, " bytes=%d+%d", s.Range.Offset, s.Range.Length)
			}
			if s.Encrypted {
				fmt.Fprintf(w, " method=%s", s.Method)
			}
			if s.Discontinuity {
				fmt.Fprint(w, " discontinuity")
			}
			if s.Map != nil {
				fmt.Fprintf(w, " map=%s", s.Map)
			}
			fmt.Fprintln(w)
		}
	}
	for _, r := range p.refs {
		if r.Kind == RefOther {
			fmt.Fprintf(w, "other %q = %s\n", r.Raw, r.URL)
		}
	}
}
