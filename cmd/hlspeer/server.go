package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"hlspeer/hls"
	"hlspeer/signaling/tracker"
)

// listener is a bound address with what answers there.
type listener struct {
	net.Listener
	what   string
	scheme string
}

// secure has the listener speak TLS.
func (l *listener) secure(c *tls.Config) {
	l.Listener, l.scheme = tls.NewListener(l.Listener, c), "https"
}

// listen binds; its error says in one sentence what is wrong with the address,
// and where it is from.
func listen(from origin, addr, what string) (*listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return &listener{l, what, "http"}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fail(exitFailed, "%w", from.fault("%s: the port is in use by another program; choose another, or 0 for a free one", addr))
	default:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fail(exitFailed, "%w", from.fault("%s: cannot listen there: %v", addr, err))
	}
}

// url is the listener's address as others on this machine reach it.
func (l *listener) url() string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return l.scheme + "://" + net.JoinHostPort(host, port)
}

// serve answers until ctx ends, then lets running answers finish for a while.
func (l *listener) serve(ctx context.Context, h http.Handler, patience time.Duration) error {
	srv := hls.NewServer(h)
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l.Listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("%s: %w", l.what, err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if srv.Shutdown(drain) != nil {
		srv.Close()
	}
	<-ended
	return nil
}

// serveTracker answers for a tracker from when that runs. Who connects earlier
// waits.
func (l *listener) serveTracker(ctx context.Context, srv *tracker.Server) error {
	select {
	case <-srv.Ready():
	case <-ctx.Done():
	}
	return l.serve(ctx, srv.Handler(), time.Second)
}

// websocketURL turns a tracker's base address into that of one of its sockets.
func websocketURL(base, path string) string {
	base = strings.TrimSuffix(base, "/")
	if rest, ok := strings.CutPrefix(base, "https://"); ok {
		return "wss://" + rest + path
	}
	return "ws://" + strings.TrimPrefix(base, "http://") + path
}
