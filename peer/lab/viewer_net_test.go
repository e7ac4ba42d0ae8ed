package lab

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
)

// inMemory answers a client's every request with h, whatever host it names,
// until the test ends.
func inMemory(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	var p pipes
	l, err := p.listen()
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var done sync.WaitGroup
	done.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving: %v", err)
		}
	})
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return p.dial(ctx, network, l.Addr().String())
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		done.Wait()
	})
	return &http.Client{Transport: transport}
}
