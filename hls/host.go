package hls

import (
	"net"
	"net/netip"
	"strings"
)

// hostList are the Host names that the proxy answers to. A page of a stranger
// can make its own name point to this machine (DNS rebinding) and would then
// read whatever the proxy serves; it cannot make a browser send another name.
type hostList map[string]bool

func newHostList(extra []string) hostList {
	l := hostList{}
	for _, h := range extra {
		l[hostName(h)] = true
	}
	return l
}

// allows says whether host, with or without a port, is a loopback name or
// address or one of the list.
func (l hostList) allows(host string) bool {
	name := hostName(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.Unmap().IsLoopback() {
		return true
	}
	return name != "" && l[name]
}

// hostName is the name in a Host header: without port, brackets and final dot,
// in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
