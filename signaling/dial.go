package signaling

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// A statusError is an HTTP answer that is no WebSocket.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("server answered %d %s, not a WebSocket", int(e), http.StatusText(int(e)))
}

// dial opens a WebSocket within timeout. It returns as soon as ctx ends.
func (o *outlet) dial(ctx context.Context, address string, timeout time.Duration) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	release := func() bool { return true }
	dialer := websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := o.netDial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			// The handshake itself does not watch the context.
			release = context.AfterFunc(ctx, func() { _ = conn.Close() })
			return conn, nil
		},
	}
	if o.config.NetDial == nil {
		dialer.Proxy = http.ProxyFromEnvironment
	}
	conn, answer, err := dialer.DialContext(ctx, address, nil)
	if late := !release(); late && err == nil {
		_ = conn.Close()
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil, isTimeout(err):
		return nil, fmt.Errorf("connecting: no answer in %v", timeout)
	case errors.Is(err, websocket.ErrBadHandshake) && answer != nil:
		return nil, statusError(answer.StatusCode)
	}
	return nil, fmt.Errorf("connecting: %w", plain(err))
}

func (o *outlet) netDial(ctx context.Context, network, addr string) (net.Conn, error) {
	if o.config.NetDial != nil {
		return o.config.NetDial(ctx, network, addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}
