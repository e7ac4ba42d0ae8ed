package hls

import (
	"net/netip"
	"testing"
)

func TestRealms(t *testing.T) {
	t.Parallel()
	for want, addresses := range map[realm][]string{
		worldwide: {"93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "172.32.0.1", "100.128.0.1"},
		inward: {
			"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "fd00::1", "fc00::1", "fec0::1",
			"::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "::10.0.0.1",
		},
		thisHost:  {"127.0.0.1", "127.255.0.9", "::1", "0.0.0.0", "0.1.2.3", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"},
		linkLocal: {"169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"},
		nowhere:   {"224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1"},
	} {
		for _, text := range addresses {
			if got := realmOf(netip.MustParseAddr(text)); got != want {
				t.Errorf("%s is %v, want %v", text, got, want)
			}
		}
	}
	if got := realmOf(netip.Addr{}); got != nowhere {
		t.Errorf("no address is %v", got)
	}
}

// TestLeads: outwards always, inwards only from there, to clouds' tales never.
func TestLeads(t *testing.T) {
	t.Parallel()
	for from, want := range map[realm]realm{
		0:                    worldwide,
		worldwide:            worldwide,
		inward:               worldwide | inward,
		thisHost:             worldwide | inward | thisHost,
		linkLocal:            worldwide | inward | linkLocal,
		nowhere:              worldwide,
		worldwide | thisHost: worldwide | inward | thisHost,
	} {
		if got := from.leads(); got != want {
			t.Errorf("from %b leads to %b, want %b", from, got, want)
		}
	}
}
