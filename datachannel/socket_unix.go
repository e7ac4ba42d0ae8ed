//go:build unix

package datachannel

import (
	"net"
	"syscall"
)

// grantedBuffer is the smaller buffer of a socket in bytes; 0 if unknown.
func grantedBuffer(conn *net.UDPConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	granted := 0
	_ = raw.Control(func(fd uintptr) {
		in, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		if err != nil {
			return
		}
		out, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
		if err != nil {
			return
		}
		granted = min(in, out)
	})
	return granted
}
