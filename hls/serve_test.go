package hls

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestContentType(t *testing.T) {
	t.Parallel()
	for ext, want := range map[string]string{
		".ts": "video/mp2t", ".m4s": "video/mp4", ".cmfa": "audio/mp4", ".aac": "audio/aac", ".mp3": "audio/mpeg",
		".ac3": "audio/ac3", ".ec3": "audio/eac3", ".vtt": "text/vtt; charset=utf-8", ".ttml": "application/ttml+xml",
		".html": "application/octet-stream", ".js": "application/octet-stream", "": "application/octet-stream",
	} {
		if got := contentType(ext); got != want {
			t.Errorf("%s: got %s, want %s", ext, got, want)
		}
	}
}

// TestServer: what net/http complains about ends in the proxy's log.
func TestServer(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProxy(ProxyConfig{Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}, nil)
	s := NewServer(p)
	s.ErrorLog.Print("tls: bad handshake")
	if !strings.Contains(out.String(), "level=DEBUG") || !strings.Contains(out.String(), "bad handshake") {
		t.Errorf("log: %q", out.String())
	}
	if s.ReadHeaderTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes == 0 || s.WriteTimeout != 0 || s.Handler != p {
		t.Errorf("server %+v", s)
	}
	if NewServer(http.NotFoundHandler()).ErrorLog.Writer() == nil {
		t.Error("another handler's errors go to the standard log")
	}
}

func TestTransportProxy(t *testing.T) {
	t.Parallel()
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	o := NewOrigin(OriginConfig{ProxyURL: proxy})
	defer o.Close()
	transport, ok := o.client.Transport.(*reach)
	if !ok {
		t.Fatalf("transport %T", o.client.Transport)
	}
	got, err := transport.proxy(&http.Request{URL: mustURL(t, "https://h/a")})
	if err != nil || got != proxy {
		t.Errorf("proxy %v, %v", got, err)
	}
}
