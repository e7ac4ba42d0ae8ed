package hls

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkSegment compares a ready segment of 2 MB through the proxy with
// http.ServeContent, over loopback in the same run.
func BenchmarkSegment(b *testing.B) {
	data := bytes.Repeat([]byte{0x47, 1, 2, 3}, 2<<20/4)
	ready := summed{complete(data), 1} // as the ring has it
	p := NewProxy(ProxyConfig{}, nil)
	p.Mount("ch", "", fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: ready}}})
	content := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
	b.Run("proxy", func(b *testing.B) { download(b, p, "/ch/_/5/a.ts", len(data), "") })
	b.Run("ServeContent", func(b *testing.B) { download(b, content, "/", len(data), "") })
	b.Run("proxy, range", func(b *testing.B) { download(b, p, "/ch/_/5/a.ts", len(data), "bytes=0-") })
	b.Run("ServeContent, range", func(b *testing.B) { download(b, content, "/", len(data), "bytes=0-") })
}

// summed is a body whose checksum is known already.
type summed struct {
	*fakeBody
	sum uint32
}

func (s summed) Checksum() uint32 { return s.sum }

// BenchmarkPlaylist asks for an unchanged playlist over loopback.
func BenchmarkPlaylist(b *testing.B) {
	text := mustParse(b, live(60))
	p := NewProxy(ProxyConfig{}, nil)
	p.Mount("ch", "", fakeChannel{"": &fakeTrack{playlist: text}})
	v := view{}
	download(b, p, "/ch/index.m3u8", len(v.render(text).data), "")
}

// download fetches path over a loopback connection again and again, with a
// client that costs as little as possible.
func download(b *testing.B, h http.Handler, path string, size int, ranges string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := NewServer(h)
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nRange: " + ranges + "\r\n\r\n")
	buffer := make([]byte, 256<<10)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for left, head := size, true; left > 0; {
			n, err := conn.Read(buffer)
			if err != nil {
				b.Fatal(err)
			}
			if head {
				end := bytes.Index(buffer[:n], []byte("\r\n\r\n"))
				if !bytes.HasPrefix(buffer, []byte("HTTP/1.1 20")) || end < 0 {
					b.Fatalf("answer %q", buffer[:n])
				}
				n, head = n-end-4, false
			}
			left -= n
		}
	}
}

// live is the text of a live playlist.
func live(segments int) string {
	var s strings.Builder
	s.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:100\n")
	for i := range segments {
		fmt.Fprintf(&s, "#EXTINF:2.000000,\nsegment-%d.ts?token=0123456789\n", 100+i)
	}
	return s.String()
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{6, 60, 3000} {
		text, base := []byte(live(n)), mustURL(b, testBase)
		b.Run(fmt.Sprint(n, " segments"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, base, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRewrite makes the player's text of one that was read.
func BenchmarkRewrite(b *testing.B) {
	for name, text := range map[string]string{
		"6 segments": live(6), "1000 segments": live(1000), "1000 byte ranges": byteRanges(1000),
	} {
		p := mustParse(b, text)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p.Text)))
			b.ReportAllocs()
			for b.Loop() {
				v := view{}
				v.render(p)
			}
		})
	}
}

// byteRanges is the text of a list of which all segments are in one file.
func byteRanges(segments int) string {
	var s strings.Builder
	s.WriteString("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"all.mp4\",BYTERANGE=\"800@0\"\n")
	for i := range segments {
		fmt.Fprintf(&s, "#EXTINF:2.000000,\n#EXT-X-BYTERANGE:1000@%d\nall.mp4\n", 800+1000*i)
	}
	return s.String()
}

// BenchmarkPart finds the segment that holds the last bytes of a file.
func BenchmarkPart(b *testing.B) {
	p := mustParse(b, byteRanges(1000))
	v := view{}
	v.render(p)
	last := p.Media.Segments[999]
	b.ReportAllocs()
	for b.Loop() {
		if s, ok := v.part(last.URL, span{last.Range.Offset, last.Range.end() - 1}); !ok || s.SN != 999 {
			b.Fatal(s, ok)
		}
	}
}

// BenchmarkArriving sends a segment of 2 MB that lands in pieces of 16 KiB.
func BenchmarkArriving(b *testing.B) {
	piece := bytes.Repeat([]byte{0x47}, 16<<10)
	body := newBody()
	body.tell(2 << 20)
	body.grow(strings.Repeat(string(piece), 128))
	p := NewProxy(ProxyConfig{}, nil)
	p.Mount("ch", "", fakeChannel{"": &fakeTrack{segments: map[SN]Body{5: pieces{body}}}})
	download(b, p, "/ch/_/5/a.ts", 2<<20, "")
}

// pieces gives its bytes in pieces of 16 KiB.
type pieces struct{ *fakeBody }

func (p pieces) From(_ context.Context, off int64) io.Reader {
	return onlyReader{bytes.NewReader(p.data[off:])}
}

type onlyReader struct{ r io.Reader }

func (r onlyReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 16<<10)]) }
