package hls

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// memNet is a network of one server in memory, fit for a synctest bubble.
type memNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// serve runs h until the test ends and gives the transport that reaches it
// under any address.
func serve(t testing.TB, h http.Handler) *http.Transport {
	t.Helper()
	n := &memNet{conns: make(chan net.Conn), done: make(chan struct{})}
	server := NewServer(h)
	served := make(chan error, 1)
	go func() { served <- server.Serve(n) }()
	transport := &http.Transport{DialContext: n.dial, DialTLSContext: n.dial, DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("server: %v", err)
		}
	})
	return transport
}

func (n *memNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept is of net.Listener.
func (n *memNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close is of net.Listener.
func (n *memNet) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

// Addr is of net.Listener.
func (n *memNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// answer is what a client got.
type answer struct {
	code   int
	header http.Header
	body   string
	err    error // while reading the body
}

// get asks h for a path of 127.0.0.1.
func get(t testing.TB, client http.RoundTripper, method, path string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body), err}
}

// pause waits for d of a bubble's time; false when ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
