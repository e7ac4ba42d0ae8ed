package main

import (
	"net"

	"hlspeer/peer"
	"hlspeer/signaling/access"
)

// adminAccess sets who may see status and metrics. An address that others reach
// is of no use without a token.
func (o *peerOptions) adminAccess(c *peer.Config, f *faults) {
	c.AdminToken = o.adminToken
	if o.adminTokenFile != "" {
		if c.AdminToken = readToken("admin-token-file", o.adminTokenFile, f); c.AdminToken == "" {
			return
		}
	}
	if _, _, err := net.SplitHostPort(o.admin); err == nil && c.AdminToken == "" && !access.LoopbackHost(o.admin) {
		f.add("admin", "%q can be reached from other machines: give --admin-token-file FILE, too, or a loopback address like 127.0.0.1:8091", o.admin)
	}
}
