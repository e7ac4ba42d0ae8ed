package main

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// tcpAddress is the signal of a TCP flow.
type tcpAddress struct{ Addr, Congestion string }

// sendTCP listens, says where, and answers the one connection that comes.
func sendTCP(ctx context.Context, e end, congestion string) error {
	config := net.ListenConfig{Control: congested(congestion)}
	l, err := config.Listen(ctx, "tcp4", net.JoinHostPort(e.host, "0"))
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer l.Close()
	if err := e.line.send(tcpAddress{l.Addr().String(), congestionOf(l)}); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	c, err := l.Accept()
	if err != nil {
		return fmt.Errorf("waiting for a connection: %w", err)
	}
	context.AfterFunc(ctx, func() { c.Close() })
	go func() {
		var word [1]byte
		for {
			if _, err := c.Read(word[:]); err != nil {
				return // the other end tells
			}
			if _, err := c.Write(segment); err != nil {
				return
			}
		}
	}()
	return nil
}

type tcpAsker struct{ conn net.Conn }

func (a tcpAsker) ask(context.Context) error {
	_, err := a.conn.Write([]byte{0})
	return err
}

func receiveTCP(ctx context.Context, e end, t *tally) (asker, error) {
	var at tcpAddress
	if err := e.line.receive(ctx, &at); err != nil {
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp4", at.Addr)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	context.AfterFunc(ctx, func() { c.Close() })
	go func() {
		buf := make([]byte, 256<<10)
		for {
			n, err := c.Read(buf)
			t.add(n)
			if err != nil {
				t.end(errors.Join(errors.New("reading"), err))
				return
			}
		}
	}()
	return tcpAsker{c}, nil
}
