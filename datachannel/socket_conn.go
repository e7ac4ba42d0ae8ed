package datachannel

import (
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5"
)

// packetConn is a UDP socket without what pion would read with each packet of one
// of the system's own: the mark that congested routers leave, which nobody asks
// for here. That costs some four parts in a hundred of a transfer's processor time.
type packetConn struct{ *net.UDPConn }

var (
	_ transport.UDPConn        = packetConn{}
	_ ice.AddrPortReaderWriter = packetConn{}
)

// ReadFromAddrPort implements [ice.AddrPortReaderWriter].
func (c packetConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return c.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter].
func (c packetConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}
