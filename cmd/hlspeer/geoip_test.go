package main

import (
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

func geoFile(name string) string { return filepath.Join("testdata", "geoip", name) }

func TestGeoip(t *testing.T) {
	t.Parallel()
	var f faults
	both := openGeoip([]string{geoFile("city.mmdb"), geoFile("asn.mmdb")}, &f)
	asn := openGeoip([]string{geoFile("asn.mmdb")}, &f)
	if err := f.err(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		db   geoip
		addr string
		want tracker.Place
	}{
		{both, "198.51.100.7", tracker.Place{ISP: "Chinanet", Country: "China", Province: "Hunan", City: "Changsha"}},
		{both, "198.51.100.200", tracker.Place{Country: "China", Province: "Hunan", City: "Changsha"}},
		{both, "203.0.113.1", tracker.Place{Country: "CH", City: "Bern"}}, // of another form, and an ISP that is no text
		{both, "2001:db8:7::1", tracker.Place{Country: "Germany"}},
		{both, "127.0.0.1", tracker.Place{ISP: "Cable", Country: "Home", City: "Loopback"}}, // the first file counts
		{both, "192.0.2.1", tracker.Place{}},
		{both, "::1", tracker.Place{}},
		{asn, "198.51.100.7", tracker.Place{ISP: "Chinanet"}},
		{nil, "198.51.100.7", tracker.Place{}},
	} {
		if got := tt.db.Locate(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.addr, got, tt.want)
		}
	}
	if got := both.Locate(netip.Addr{}); got != (tracker.Place{}) {
		t.Errorf("no address: %+v", got)
	}
	if got := both.describe(); got != "GeoLite2-City of 2023-11-14, GeoLite2-ASN of 2023-11-14" {
		t.Error(got)
	}
}

// TestGeoipBroken: a database that is damaged anywhere ends in an error or in
// places that are not known, and never in anything worse.
func TestGeoipBroken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(geoFile("city.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "broken.mmdb")
	addrs := []netip.Addr{netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8:7::1")}
	for i := range text {
		broken := append([]byte(nil), text...)
		broken[i] ^= 0xff
		if err := os.WriteFile(file, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		var f faults
		if g := openGeoip([]string{file}, &f); f.err() == nil {
			for _, a := range addrs {
				g.Locate(a)
			}
		}
	}
}

func TestTrackerGeoipFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile(geoFile("city.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": nil, "text": []byte("1.0.0.0,AU\n"), "cut": text[:len(text)/2]} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"tracker", "--listen", "127.0.0.1:0", "--geoip", geoFile("city.mmdb")}
	for _, name := range []string{"missing", "empty", "text", "cut"} {
		args = append(args, "--geoip", filepath.Join(dir, name))
	}
	got := execute(t.Context(), append(args, "--geoip", dir)...)
	for _, want := range []string{"missing: no such file", "empty: no database", "text: no database", "cut: no database", dir + ": is a directory"} {
		if got.code != exitUsage || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, "city.mmdb") {
			t.Errorf("no %q in %+v", want, got)
		}
	}
}

// TestTrackerGeoip: from the files to what a viewer sees of a peer.
func TestTrackerGeoip(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := lineWriter{make(chan string, 4)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"tracker", "--listen", "127.0.0.1:0", "--log-level", "error", "--geoip", geoFile("city.mmdb"), "--geoip", geoFile("asn.mmdb"),
		}, out, io.Discard)
	}()
	_, base := addressOf(t, <-out.lines, false)
	joinMesh(t, base, signaling.Enter{UplinkBW: 4e6})
	joinMesh(t, base, signaling.Enter{ISP: "mobile", Province: "Hunan", UplinkBW: 3e6})
	joinMesh(t, base, signaling.Enter{Test: true, UplinkBW: 1e6})
	got := execute(t.Context(), "debug", "topology", "--tracker", base, "--channel", meshChannel)
	for _, want := range []string{"4 Mbps  0        0       -        Cable, Loopback, Home\n", "3 Mbps  0        0       -        mobile, Hunan, Home\n", "1 Mbps  0        0       -        -\n"} {
		if err := wantIn(got, want); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d", code)
	}
}
