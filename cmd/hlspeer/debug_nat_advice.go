package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hlspeer/datachannel"
)

// Kinds of NAT, as two STUN servers see us.
const (
	natNone        = "none"
	natIndependent = "endpoint independent"
	natDependent   = "endpoint dependent"
	natUnknown     = "unknown"
)

// judge tells the kind of NAT and gives advice. local is the port that the servers
// were asked from; advertised says that addresses are announced by hand.
func (r *natReport) judge(local int, advertised bool) {
	r.NAT = r.kind(local)
	say := func(format string, args ...any) { r.Advice = append(r.Advice, fmt.Sprintf(format, args...)) }
	r.Advice = []string{}
	stun, turn := r.count(false), r.count(true)
	for _, s := range r.Servers {
		switch {
		case s.OK:
		case s.Turn:
			say("%s gives no address: are name, password and port right, and does the network let it through? Peers behind hard NATs cannot be reached without it.", s.URL)
		default:
			say("%s does not answer: is its name right, and does the network let UDP out? If no STUN server answers, UDP is most likely blocked; then only TURN by TCP helps.", s.URL)
		}
	}
	switch r.NAT {
	case natNone:
		say("There is no NAT in between: peers can reach this machine, if no firewall keeps UDP out.")
	case natIndependent:
		say("The NAT gives one port to the outside, whoever is asked: peers behind most NATs can be reached.")
	case natDependent:
		say("The NAT gives another port to the outside for each destination: only peers without such a NAT can be reached. A TURN server (--turn), or a forwarded port (--udp-port with --advertise), helps.")
	default:
		switch {
		case r.Policy == datachannel.PolicyLAN:
			say("No servers are asked: only peers in the same network can be reached.")
		case stun+turn == 0 && len(r.Servers) == 0 && !advertised:
			say("Without a STUN server only peers in the same network, or with public addresses on both sides, can be reached: give --stun.")
		case stun == 1:
			say("One STUN server tells our address, but not the kind of NAT: give a second --stun.")
		}
	}
	if turn > 0 {
		say("TURN works: where no direct way is found, packets take it, at the cost of the server's bandwidth.")
	}
	if r.publicIPv6() {
		say("This machine has a public IPv6 address: peers with one can be reached without NAT.")
	}
	others := r.notRelayed()
	switch private := r.private(); {
	case r.Policy == datachannel.PolicyRelay && len(others) == 0:
		say("By this policy other peers see no address of this machine, but that of the TURN server.")
	case r.Policy == datachannel.PolicyRelay:
		say("By this policy packets take TURN servers only, but the candidates still name %s.", strings.Join(others, ", "))
	case private > 0:
		say("Other peers see %s of private networks, too.", addresses(private))
	}
}

// count is how many servers of a kind answer.
func (r *natReport) count(turn bool) (n int) {
	for _, s := range r.Servers {
		if s.OK && s.Turn == turn {
			n++
		}
	}
	return n
}

// kind compares what STUN servers have seen of one socket.
func (r *natReport) kind(local int) string {
	var seen []netip.AddrPort
	for _, s := range r.Servers {
		if at, err := netip.ParseAddrPort(s.Mapped); err == nil && !s.Turn {
			seen = append(seen, at)
		}
	}
	switch {
	case len(seen) == 0:
		return natUnknown
	case int(seen[0].Port()) == local && r.own(seen[0].Addr()):
		return natNone
	case len(seen) < 2:
		return natUnknown
	case slices.ContainsFunc(seen, func(at netip.AddrPort) bool { return at != seen[0] }):
		return natDependent
	}
	return natIndependent
}

// own says whether an address is one of this machine's.
func (r *natReport) own(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	for _, c := range r.Candidates {
		for _, text := range []string{c.Address, c.Base} {
			if at, err := netip.ParseAddrPort(text); err == nil && at.Addr() == a && (c.Kind == "host" || text == c.Base) {
				return true
			}
		}
	}
	return false
}

func (r *natReport) publicIPv6() bool {
	return slices.ContainsFunc(r.Candidates, func(c natCandidate) bool {
		at, err := netip.ParseAddrPort(c.Address)
		return err == nil && c.Kind == "host" && at.Addr().Is6() && at.Addr().IsGlobalUnicast() && !at.Addr().IsPrivate()
	})
}

// notRelayed are the disclosed addresses that are none of a TURN server's.
func (r *natReport) notRelayed() (out []string) {
	relays := map[string]bool{}
	for _, c := range r.Candidates {
		if at, err := netip.ParseAddrPort(c.Address); err == nil && c.Kind == "relay" {
			relays[at.Addr().String()] = true
		}
	}
	for _, text := range r.Disclosed {
		if !relays[text] {
			out = append(out, text)
		}
	}
	return out
}

func addresses(n int) string {
	if n == 1 {
		return "1 address"
	}
	return fmt.Sprintf("%d addresses", n)
}

// private is how many disclosed addresses are of private networks.
func (r *natReport) private() (n int) {
	for _, text := range r.Disclosed {
		if a, err := netip.ParseAddr(text); err == nil && (a.IsPrivate() || a.IsLinkLocalUnicast()) {
			n++
		}
	}
	return n
}
