package main

import (
	"net"

	"hlspeer/datachannel"
)

// policy sets over which addresses peers are connected with.
func (o *peerOptions) policy(c *datachannel.Config, f *faults) {
	switch p := datachannel.ICEPolicy(o.icePolicy); p {
	case datachannel.PolicyAll:
	case datachannel.PolicyRelay:
		if len(o.turn) == 0 {
			f.add("ice-policy", "relay: give a TURN server with --turn, too")
			return
		}
		c.Policy = p
	case datachannel.PolicyLAN:
		for _, a := range o.advertise {
			if ip := net.ParseIP(a); ip != nil && !p.Keeps(ip) {
				f.add("ice-policy", "lan: --advertise %s is not a private address", a)
				return
			}
		}
		c.Policy = p
	default:
		f.add("ice-policy", "%q: want all, lan or relay", o.icePolicy)
	}
}
