package datachannel

import (
	"net"
	"strings"

	"github.com/pion/webrtc/v4"
)

// ICEPolicy says over which addresses links may run.
type ICEPolicy string

// The policies. "" is PolicyAll.
const (
	PolicyAll   ICEPolicy = "all"
	PolicyRelay ICEPolicy = "relay" // only by a TURN server: no remote learns an address of ours
	PolicyLAN   ICEPolicy = "lan"   // only between private addresses; no server is asked
)

// Keeps says whether an address may be told to remotes, or be used as theirs.
func (p ICEPolicy) Keeps(ip net.IP) bool {
	return p != PolicyLAN || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback()
}

// transport is the policy in pion's terms.
func (p ICEPolicy) transport() webrtc.ICETransportPolicy {
	if p == PolicyRelay {
		return webrtc.ICETransportPolicyRelay
	}
	return webrtc.ICETransportPolicyAll
}

// policyFaults checks what stands in the way of a policy.
func (c Config) policyFaults(check func(ok bool, format string, args ...any)) {
	switch c.Policy {
	case "", PolicyAll:
	case PolicyRelay:
		check(c.hasTURN(), "policy relay: no TURN server is given")
	case PolicyLAN:
		for _, a := range c.Advertise {
			ip := net.ParseIP(a)
			check(ip == nil || c.Policy.Keeps(ip), "policy lan: advertised address %s is not private", a)
		}
	default:
		check(false, "policy %q: want all, relay or lan", c.Policy)
	}
}

func (c Config) hasTURN() bool {
	for _, s := range c.ICEServers {
		for _, u := range s.URLs {
			if strings.HasPrefix(u, "turn:") || strings.HasPrefix(u, "turns:") {
				return true
			}
		}
	}
	return false
}
