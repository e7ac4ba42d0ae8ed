package main

import (
	"net"
	"os"
	"strings"

	"hlspeer/peer"
	"hlspeer/signaling/access"
)

// adminAccess sets who may see status and metrics. An address that others reach
// is of no use without a token.
func (o *peerOptions) adminAccess(c *peer.Config, f *faults) {
	c.AdminToken = o.adminToken
	if o.adminTokenFile != "" {
		text, err := os.ReadFile(o.adminTokenFile)
		c.AdminToken = strings.TrimSpace(string(text))
		switch {
		case err != nil:
			f.add("admin-token-file", "%s: %v", o.adminTokenFile, reason(err))
			return
		case c.AdminToken == "":
			f.add("admin-token-file", "%s: no token in it", o.adminTokenFile)
			return
		}
	}
	if _, _, err := net.SplitHostPort(o.admin); err == nil && c.AdminToken == "" && !access.LoopbackHost(o.admin) {
		f.add("admin", "%q can be reached from other machines: give --admin-token-file FILE, too, or a loopback address like 127.0.0.1:8091", o.admin)
	}
}
