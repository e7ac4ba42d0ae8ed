package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	pionchannel "github.com/pion/datachannel"
	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// What pion is tuned to, where it is: the settings that a measurement of them
// one by one has found good.
const (
	pionMessage   = 16 << 10
	pionHighWater = 1 << 20
	pionSocket    = 4 << 20
	pionFloor     = 64 << 10
)

// pionEngine makes the settings of a variant.
func pionEngine(variant string, loopback bool) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(loopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.DetachDataChannels()
	if variant == variantDefault {
		return s, nil
	}
	n, err := stdnet.NewNet()
	if err != nil {
		return s, fmt.Errorf("listing network interfaces: %w", err)
	}
	s.SetNet(largeSockets{n})
	if variant == variantTuned {
		s.EnableDataChannelBlockWrite(true)
		s.EnableSCTPZeroChecksum(true)
		s.SetSCTPMinCwnd(pionFloor)
	}
	return s, nil
}

// largeSockets is the machine's network with large socket buffers.
type largeSockets struct{ *stdnet.Net }

// ListenUDP implements [transport.Net].
func (n largeSockets) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, at)
	if udp, ok := c.(*net.UDPConn); ok && err == nil {
		err = errors.Join(udp.SetReadBuffer(pionSocket), udp.SetWriteBuffer(pionSocket))
	}
	return c, err
}

// pionConn is one peer connection on its way to one detached channel.
type pionConn struct {
	pc   *webrtc.PeerConnection
	open chan io.ReadWriteCloser
}

func newPionConn(ctx context.Context, e end, variant string) (*pionConn, error) {
	engine, err := pionEngine(variant, e.loopback)
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(nil), webrtc.WithInterceptorRegistry(nil))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("new peer connection: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = pc.Close() })
	return &pionConn{pc: pc, open: make(chan io.ReadWriteCloser, 1)}, nil
}

func (c *pionConn) detach(dc *webrtc.DataChannel) {
	dc.OnOpen(func() {
		if raw, err := dc.Detach(); err == nil {
			c.open <- raw
		}
	})
}

// describe sets a description of ours and sends it with all candidates inside.
func (c *pionConn) describe(e end, d webrtc.SessionDescription, err error) error {
	if err != nil {
		return fmt.Errorf("describing: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(d); err != nil {
		return fmt.Errorf("describing: %w", err)
	}
	<-gathered
	return e.line.send(c.pc.LocalDescription())
}

func (c *pionConn) heed(ctx context.Context, e end) error {
	var d webrtc.SessionDescription
	if err := e.line.receive(ctx, &d); err != nil {
		return err
	}
	if err := c.pc.SetRemoteDescription(d); err != nil {
		return fmt.Errorf("heeding a description: %w", err)
	}
	return nil
}

func (c *pionConn) wait(ctx context.Context) (io.ReadWriteCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	select {
	case raw := <-c.open:
		return raw, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("opening a bare channel: %w", context.Cause(ctx))
	}
}

// dialPion opens a channel as the child.
func dialPion(ctx context.Context, e end, variant string) (io.ReadWriteCloser, error) {
	c, err := newPionConn(ctx, e, variant)
	if err != nil {
		return nil, err
	}
	dc, err := c.pc.CreateDataChannel("bench", nil)
	if err != nil {
		return nil, fmt.Errorf("making a channel: %w", err)
	}
	c.detach(dc)
	offer, err := c.pc.CreateOffer(nil)
	if err := c.describe(e, offer, err); err != nil {
		return nil, err
	}
	if err := c.heed(ctx, e); err != nil {
		return nil, err
	}
	return c.wait(ctx)
}

// answerPion opens a channel as the parent.
func answerPion(ctx context.Context, e end, variant string) (io.ReadWriteCloser, error) {
	c, err := newPionConn(ctx, e, variant)
	if err != nil {
		return nil, err
	}
	c.pc.OnDataChannel(c.detach)
	if err := c.heed(ctx, e); err != nil {
		return nil, err
	}
	answer, err := c.pc.CreateAnswer(nil)
	if err := c.describe(e, answer, err); err != nil {
		return nil, err
	}
	return c.wait(ctx)
}

// throttle keeps a writer below the high water mark of a channel.
type throttle struct {
	ch  *pionchannel.DataChannel
	low chan struct{}
}

func newThrottle(raw io.ReadWriteCloser) *throttle {
	t := &throttle{ch: raw.(*pionchannel.DataChannel), low: make(chan struct{}, 1)}
	t.ch.SetBufferedAmountLowThreshold(pionHighWater / 2)
	t.ch.OnBufferedAmountLow(func() {
		select {
		case t.low <- struct{}{}:
		default:
		}
	})
	return t
}

func (t *throttle) write(b []byte) error {
	for t.ch.BufferedAmount() > pionHighWater {
		<-t.low
	}
	_, err := t.ch.Write(b)
	return err
}

func sendPion(ctx context.Context, e end, variant string) error {
	raw, err := answerPion(ctx, e, variant)
	if err != nil {
		return err
	}
	t := newThrottle(raw)
	go func() {
		word := make([]byte, pionMessage)
		for {
			if _, err := raw.Read(word); err != nil {
				return // the other end tells
			}
			for at := 0; at < segmentSize; at += pionMessage {
				if t.write(segment[at:at+pionMessage]) != nil {
					return
				}
			}
		}
	}()
	return nil
}

type pionAsker struct{ raw io.Writer }

func (a pionAsker) ask(context.Context) error {
	_, err := a.raw.Write([]byte{0})
	return err
}

func receivePion(ctx context.Context, e end, variant string, t *tally) (asker, error) {
	raw, err := dialPion(ctx, e, variant)
	if err != nil {
		return nil, err
	}
	go func() {
		buf := make([]byte, pionMessage)
		for {
			n, err := raw.Read(buf)
			if err != nil {
				t.end(errors.Join(errors.New("reading"), err))
				return
			}
			t.add(n)
		}
	}()
	return pionAsker{raw}, nil
}
