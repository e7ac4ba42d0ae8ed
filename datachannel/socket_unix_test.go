//go:build unix

package datachannel

import (
	"net"
	"testing"
)

func TestRoomyNetEnlargesBuffers(t *testing.T) {
	t.Parallel()
	plain, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	before := grantedBuffer(plain)
	n, err := newRoomyNet()
	if err != nil {
		t.Fatal(err)
	}
	udp, err := n.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	packet, err := n.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packet.Close()
	// The system may cap what we ask for, but never below its default.
	for _, conn := range []*net.UDPConn{udp.(packetConn).UDPConn, packet.(*net.UDPConn)} {
		if got := grantedBuffer(conn); before == 0 || got < before {
			t.Errorf("buffer of %d bytes, %d without asking", got, before)
		}
	}
	if interfaces, err := n.Interfaces(); err != nil || len(interfaces) == 0 {
		t.Errorf("interfaces: %v, %v", interfaces, err)
	}
}
