package datachannel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// A Probe is what a STUN or TURN server has answered.
type Probe struct {
	URL    string
	Turn   bool
	Err    error         // nil: it answers
	Took   time.Duration // until the answer; of a TURN server, until it has given an address
	Mapped string        // our address as the server sees it, host:port; "" unknown
	Relay  string        // that a TURN server has given, host:port
}

// Prober asks servers from one socket, so that what they see can be compared.
type Prober struct {
	conn   net.PacketConn
	client *turn.Client
	logs   pionLogs
}

// NewProber opens a UDP socket at a port; 0: any.
func NewProber(port int) (*Prober, error) {
	conn, err := net.ListenPacket("udp4", net.JoinHostPort("", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("opening a UDP socket: %w", err)
	}
	p := &Prober{conn: conn, logs: pionLogs{log: slog.New(slog.DiscardHandler), level: LevelOff}}
	p.client, err = turn.NewClient(&turn.ClientConfig{Conn: conn, LoggerFactory: p.logs})
	if err == nil {
		err = p.client.Listen()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("asking servers: %w", err), conn.Close())
	}
	return p, nil
}

// Close closes the socket. What waits for an answer ends.
func (p *Prober) Close() error {
	p.client.Close()
	return p.conn.Close()
}

// Local is the port of the socket.
func (p *Prober) Local() int { return p.conn.LocalAddr().(*net.UDPAddr).Port }

// Ask asks a server of a configuration, by one of its URLs. It ends when ctx does.
func (p *Prober) Ask(ctx context.Context, s ICEServer, raw string) Probe {
	out := Probe{URL: raw}
	uri, err := stun.ParseURI(raw)
	if err != nil {
		out.Err = fmt.Errorf("the address cannot be read: %w", err)
		return out
	}
	out.Turn = uri.Scheme == stun.SchemeTypeTURN || uri.Scheme == stun.SchemeTypeTURNS
	began := time.Now()
	if out.Turn {
		out.Relay, out.Mapped, out.Err = p.allocate(ctx, s, uri)
	} else {
		out.Mapped, out.Err = p.bind(ctx, uri)
	}
	out.Took = time.Since(began)
	return out
}

// bind asks a STUN server who we are.
func (p *Prober) bind(ctx context.Context, uri *stun.URI) (string, error) {
	if uri.Scheme == stun.SchemeTypeSTUNS || uri.Proto != stun.ProtoTypeUDP {
		return "", errors.New("links ask STUN servers by UDP only")
	}
	to, err := resolve(ctx, uri)
	if err != nil {
		return "", err
	}
	return bounded(ctx, func() (string, error) {
		mapped, err := p.client.SendBindingRequestTo(to)
		if err != nil {
			return "", err
		}
		return mapped.String(), nil
	}, nil)
}

// resolve is the IPv4 address of a server.
func resolve(ctx context.Context, uri *stun.URI) (*net.UDPAddr, error) {
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip4", uri.Host)
	if err != nil {
		return nil, fmt.Errorf("the name of the server: %w", err)
	}
	return &net.UDPAddr{IP: ips[0], Port: uri.Port}, nil
}

// allocate has a TURN server give us an address, and gives it back.
func (p *Prober) allocate(ctx context.Context, s ICEServer, uri *stun.URI) (relay, mapped string, err error) {
	conn, err := openTo(ctx, uri)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	address := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: address, STUNServerAddr: address, Username: s.Username, Password: s.Credential,
		Conn: conn, LoggerFactory: p.logs,
	})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		return "", "", fmt.Errorf("asking the server: %w", err)
	}
	defer c.Close()
	relay, err = bounded(ctx, func() (string, error) {
		given, err := c.Allocate()
		if err != nil {
			return "", err
		}
		defer given.Close()
		if seen, err := c.SendBindingRequest(); err == nil {
			mapped = seen.String()
		}
		return given.LocalAddr().String(), nil
	}, func() { c.Close(); conn.Close() })
	return relay, mapped, err
}

// openTo opens what a TURN server is asked over.
func openTo(ctx context.Context, uri *stun.URI) (net.PacketConn, error) {
	address := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	var d net.Dialer
	switch {
	case uri.Scheme == stun.SchemeTypeTURNS && uri.Proto == stun.ProtoTypeUDP:
		return nil, errors.New("asking over DTLS is not supported here, only over UDP, TCP and TLS; give ?transport=tcp")
	case uri.Proto == stun.ProtoTypeUDP:
		return net.ListenPacket("udp4", ":0")
	case uri.Scheme == stun.SchemeTypeTURNS:
		conn, err := (&tls.Dialer{NetDialer: &d}).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return turn.NewSTUNConn(conn), nil
}

// bounded does what does not know ctx. At its end stop is called, if there is one, so
// that it ends too; else it ends when the prober is closed.
func bounded(ctx context.Context, do func() (string, error), stop func()) (string, error) {
	type outcome struct {
		text string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		text, err := do()
		done <- outcome{text, err}
	}()
	select {
	case o := <-done:
		return o.text, o.err
	case <-ctx.Done():
	}
	if stop != nil {
		stop()
		<-done
	}
	return "", errNoAnswer
}

var errNoAnswer = errors.New("it does not answer in time")
