package hls

import (
	"net/netip"
	"strings"
	"testing"
)

// FuzzRange: a range that is understood lies within the resource.
func FuzzRange(f *testing.F) {
	for _, header := range []string{"bytes=0-", "bytes=-5", "bytes=5-4", "bytes=0-0,1-1", "bytes=9223372036854775807-", "bytes=0-9223372036854775808", "bytes=--1", "x"} {
		f.Add(header, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size = max(size, 0)
		spec, ok := parseRange(header)
		if !ok {
			return
		}
		if first, end, ok := spec.within(size); ok && (first < 0 || end <= first || end > size) {
			t.Errorf("%q of %d bytes: %d to %d", header, size, first, end)
		}
	})
}

// FuzzHost: who is answered has a name of this machine.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost:80", "a.localhost.", "[::1]:1", "::1", "[::ffff:127.0.0.1%x]", "127.0.0.1.evil", "[localhost]", "0x7f.1", "2130706433", "127.1"} {
		f.Add(host)
	}
	l := newHostList(nil)
	f.Fuzz(func(t *testing.T, host string) {
		if !l.allows(host) {
			return
		}
		name := hostName(host)
		ip, err := netip.ParseAddr(name)
		if name != "localhost" && !strings.HasSuffix(name, ".localhost") && (err != nil || realmOf(ip) != thisHost) {
			t.Errorf("%q is answered", host)
		}
	})
}
