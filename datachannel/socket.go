package datachannel

import (
	"fmt"
	"net"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

const (
	// socketBuffer is what every UDP socket asks for, each way. The system's
	// default loses packets of our own bursts.
	socketBuffer = 4 << 20
	// roomyBuffer is what a socket must really have got before SCTP may keep a
	// raised floor of the congestion window: with less, the floor outruns the
	// socket and throughput collapses.
	roomyBuffer = 512 << 10
)

// roomyNet is the real network with large socket buffers.
type roomyNet struct {
	*stdnet.Net
}

var _ transport.Net = roomyNet{}

func newRoomyNet() (roomyNet, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return roomyNet{}, fmt.Errorf("listing network interfaces: %w", err)
	}
	return roomyNet{n}, nil
}

// Interfaces lists the interfaces of this moment; stdnet keeps those of its
// creation, and a host outlives many changes.
func (roomyNet) Interfaces() ([]*transport.Interface, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return n.Interfaces()
}

// ListenPacket implements [transport.Net].
func (n roomyNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err == nil {
		enlarge(conn)
	}
	return conn, err
}

// ListenUDP implements [transport.Net].
func (n roomyNet) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, address)
	if err == nil {
		enlarge(conn)
	}
	return conn, err
}

// enlarge asks for large buffers and returns the smaller of those granted, 0 if
// that cannot be told. A system that grants less than asked for is no error.
func enlarge(conn any) int {
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return 0
	}
	_ = udp.SetReadBuffer(socketBuffer)
	_ = udp.SetWriteBuffer(socketBuffer)
	return grantedBuffer(udp)
}

// roomySockets reports whether this system grants large socket buffers.
func roomySockets() bool {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		return false
	}
	defer conn.Close()
	return enlarge(conn) >= roomyBuffer
}
