package datachannel

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

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

// listedFor is how long a list of interfaces counts as that of the moment. Each
// connection asks for it twice, which cost an eighth of its CPU time.
const listedFor = time.Second

// roomyNet is the real network with large socket buffers.
type roomyNet struct {
	*stdnet.Net
	listed *interfaceList
}

// interfaceList is what the last look at the interfaces has found.
type interfaceList struct {
	mu    sync.Mutex
	at    time.Time
	found []*transport.Interface
}

var _ transport.Net = roomyNet{}

func newRoomyNet() (roomyNet, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return roomyNet{}, fmt.Errorf("listing network interfaces: %w", err)
	}
	return roomyNet{n, &interfaceList{}}, nil
}

// Interfaces lists the interfaces as they were within the last second; stdnet
// keeps those of its creation, and a host outlives many changes.
func (n roomyNet) Interfaces() ([]*transport.Interface, error) {
	l := n.listed
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.found != nil && time.Since(l.at) < listedFor {
		return slices.Clone(l.found), nil
	}
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	if l.found, err = now.Interfaces(); err != nil {
		return nil, err
	}
	l.at = time.Now()
	return slices.Clone(l.found), nil
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
	if err != nil {
		return nil, err
	}
	enlarge(conn)
	if udp, ok := conn.(*net.UDPConn); ok {
		return packetConn{udp}, nil
	}
	return conn, nil
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
