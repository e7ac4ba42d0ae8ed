package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"hlspeer/signaling"
)

const (
	feedPing  = 20 * time.Second
	feedQuiet = 50 * time.Second // without a sign of life the feed has ended
)

// meshFeed is a topology viewer's socket. Two goroutines serve it until close.
type meshFeed struct {
	source   meshSource
	conn     *websocket.Conn
	messages chan signaling.Message
	failed   chan error // why there are no more; one at most
	closed   chan struct{}
}

// watch connects to the feed of the channel.
func (s meshSource) watch(ctx context.Context) (*meshFeed, error) {
	within, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: s.patience}
	conn, answer, err := dialer.DialContext(within, websocketURL(s.base, "/topology?room="+url.QueryEscape(s.channel)), s.header())
	switch {
	case err == nil:
	case errors.Is(err, websocket.ErrBadHandshake) && answer != nil:
		return nil, s.refusal("/topology", answer)
	default:
		return nil, s.unreachable(err)
	}
	f := &meshFeed{
		source: s, conn: conn, messages: make(chan signaling.Message),
		failed: make(chan error, 1), closed: make(chan struct{}),
	}
	go f.read()
	go f.keepAlive()
	return f, nil
}

// close ends the feed. It is called once.
func (f *meshFeed) close() {
	close(f.closed)
	_ = f.conn.Close()
}

// read passes on the messages that are some.
func (f *meshFeed) read() {
	f.conn.SetReadLimit(signaling.MaxFeed)
	alive := func(string) error { return f.conn.SetReadDeadline(time.Now().Add(feedQuiet)) }
	f.conn.SetPongHandler(alive)
	for {
		_ = alive("")
		_, text, err := f.conn.ReadMessage()
		if err != nil {
			f.failed <- err
			return
		}
		m, err := signaling.ParseFeed(text)
		switch {
		case errors.Is(err, signaling.ErrUnknown):
			continue
		case err != nil:
			f.failed <- err
			return
		}
		select {
		case f.messages <- m:
		case <-f.closed:
			return
		}
	}
}

func (f *meshFeed) keepAlive() {
	tick := time.NewTicker(feedPing)
	defer tick.Stop()
	for {
		select {
		case <-f.closed:
			return
		case <-tick.C:
			_ = f.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(feedPing))
		}
	}
}

// mesh returns the channel as it is now. Without an answer to the question about
// traffic, that is unknown.
func (f *meshFeed) mesh(ctx context.Context) (*mesh, error) {
	now, totals, err := f.state(ctx)
	if err != nil {
		return nil, err
	}
	engine := f.source.engine(ctx, now.streams)
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	return newMesh(f.source.channel, engine, now, totals), nil
}

// state waits for the graph and the traffic, which may come in any order and with
// changes between them.
func (f *meshFeed) state(ctx context.Context) (now *meshState, totals *signaling.Totals, err error) {
	_ = f.conn.SetWriteDeadline(time.Now().Add(f.source.patience))
	late := time.NewTimer(f.source.patience)
	defer late.Stop()
	if err := f.conn.WriteMessage(websocket.TextMessage, signaling.Append(nil, signaling.GetStats{})); err != nil {
		// The reader knows why, if the tracker has ended the feed meanwhile.
		select {
		case err = <-f.failed:
		case <-late.C:
		}
		return nil, nil, f.source.broken(err)
	}
	for now == nil || totals == nil {
		select {
		case <-ctx.Done():
			return nil, nil, stopped(ctx)
		case err := <-f.failed:
			return nil, nil, f.source.broken(err)
		case <-late.C:
			if now == nil {
				return nil, nil, fmt.Errorf("%s shows no topology within %v", visible(f.source.base), f.source.patience)
			}
			return now, nil, nil
		case m := <-f.messages:
			switch m := m.(type) {
			case signaling.Topology:
				now = newMeshState(m)
			case signaling.Totals:
				totals = &m
			default:
				if now != nil {
					now.apply(m)
				}
			}
		}
	}
	return now, totals, nil
}

func stopped(ctx context.Context) error { return fmt.Errorf("stopped: %w", context.Cause(ctx)) }

// broken says why a feed has ended.
func (s meshSource) broken(err error) error {
	closed, isClosed := errors.AsType[*websocket.CloseError](err)
	switch {
	case isTimeout(err):
		return fmt.Errorf("%s has been silent for %v", visible(s.base), feedQuiet)
	case isClosed && closed.Text != "":
		return fmt.Errorf("%s ends the feed with code %d: %s", visible(s.base), closed.Code, visible(closed.Text))
	case isClosed:
		return fmt.Errorf("%s ends the feed with code %d", visible(s.base), closed.Code)
	case errors.Is(err, websocket.ErrReadLimit):
		return fmt.Errorf("%s sends a message of more than %d MiB", visible(s.base), signaling.MaxFeed>>20)
	}
	return fmt.Errorf("the feed of %s ends: %s", visible(s.base), visible(err.Error()))
}
