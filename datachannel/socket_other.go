//go:build !unix

package datachannel

import "net"

// grantedBuffer is the smaller buffer of a socket in bytes; 0 if unknown.
func grantedBuffer(*net.UDPConn) int { return 0 }
