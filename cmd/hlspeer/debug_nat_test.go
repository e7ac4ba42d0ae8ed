package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"hlspeer/datachannel"
)

// natServerAt is a STUN and TURN server on loopback: its address.
func natServerAt(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard},
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey("user", a.Realm, "hush"), a.Username == "user"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return conn.LocalAddr().String()
}

// TestDebugNAT: against servers that answer, and those that do not.
func TestDebugNAT(t *testing.T) {
	t.Parallel()
	one, two := natServerAt(t), natServerAt(t)
	deaf, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	show := func(args ...string) (output, natReport) {
		got := execute(t.Context(), append([]string{"debug", "nat", "--json"}, args...)...)
		var r natReport
		if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
			t.Fatalf("%v in %+v", err, got)
		}
		if strings.Contains(got.stdout+got.stderr, "hush") {
			t.Errorf("the password is shown: %+v", got)
		}
		return got, r
	}
	kinds := func(r natReport) string {
		var out []string
		for _, c := range r.Candidates {
			out = append(out, c.Kind)
		}
		slices.Sort(out)
		return strings.Join(slices.Compact(out), " ")
	}
	got, r := show("--stun", "stun:"+one, "--stun", "stun:"+two, "--turn", "turn:user:hush@"+one)
	if got.code != exitDone || r.NAT != natNone || len(r.Servers) != 3 || r.Servers[2].Relay == "" || !strings.Contains(kinds(r), "host") || !strings.Contains(kinds(r), "relay") {
		t.Errorf("%+v", got)
	}
	if got, r := show("--turn", "turn:user:hush@"+one, "--ice-policy", "relay"); got.code != exitDone || kinds(r) != "relay" {
		t.Errorf("%+v", got)
	}
	if got, r := show("--turn", "turn:user:hush@"+one, "--ice-policy", "lan"); got.code != exitDone || kinds(r) != "host" || len(r.Servers) != 0 {
		t.Errorf("%+v", got)
	}
	got, r = show("--stun", "stun:"+deaf.LocalAddr().String(), "--timeout", "100ms")
	if got.code != exitFailed || r.Servers[0].OK || r.NAT != natUnknown || !strings.Contains(got.stderr, "does not answer in time") {
		t.Errorf("%+v", got)
	}
	port := deaf.LocalAddr().(*net.UDPAddr).Port
	if got := execute(t.Context(), "debug", "nat", "--udp-port", fmt.Sprint(port)); got.code != exitFailed || !strings.Contains(got.stderr, "the port is in use") {
		t.Errorf("%+v", got)
	}
	for want, args := range map[string][]string{
		"--ice-policy \"x\": want all":           {"--ice-policy", "x"},
		"--ice-policy relay: give a TURN server": {"--ice-policy", "relay"},
		"--timeout 0s":                           {"--timeout", "0s"},
		"--udp-port 70000":                       {"--udp-port", "70000"},
		"--turn wants turn:user":                 {"--turn", "turn:h"},
		"ICE server \"x\": want stun:,":          {"--stun", "x"},
		"--advertise \"y\" is not an":            {"--advertise", "y"},
	} {
		if got := execute(t.Context(), append([]string{"debug", "nat"}, args...)...); got.code != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: no %q in %+v", args, want, got)
		}
	}
}

// TestNATAdvice: what is said of networks that no test has.
func TestNATAdvice(t *testing.T) {
	t.Parallel()
	host := natCandidate{Kind: "host", Address: "192.168.1.5:5000"}
	srflx := natCandidate{Kind: "srflx", Address: "203.0.113.7:41000", Base: "192.168.1.5:5000"}
	relay := natCandidate{Kind: "relay", Address: "198.51.100.1:49000", Base: "192.168.1.5:5001"}
	no := "it does not answer in time"
	server := func(url, mapped string) natServer { return natServer{URL: url, OK: true, Took: 23, Mapped: mapped} }
	both := []string{"192.168.1.5", "203.0.113.7"}
	var all strings.Builder
	for _, r := range []natReport{
		{Policy: datachannel.PolicyAll},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{host}, Disclosed: both[:1]},
		{Policy: datachannel.PolicyLAN, Candidates: []natCandidate{host}, Disclosed: both[:1]},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{host, srflx}, Servers: []natServer{server("stun:a:3478", "203.0.113.7:41000")}, Disclosed: both},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{host, srflx}, Servers: []natServer{server("stun:a:3478", "203.0.113.7:41000"), server("stun:b:3478", "203.0.113.7:41000")}, Disclosed: both},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{host, srflx}, Servers: []natServer{server("stun:a:3478", "203.0.113.7:41000"), server("stun:b:3478", "203.0.113.7:41001")}, Disclosed: both},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{host}, Servers: []natServer{server("stun:a:3478", "192.168.1.5:5000"), {URL: "turn:c:3478", Turn: true, Error: &no}, {URL: "stun:d", Error: &no}}, Disclosed: both[:1]},
		{Policy: datachannel.PolicyRelay, Candidates: []natCandidate{relay}, Servers: []natServer{{URL: "turn:c:3478", Turn: true, OK: true, Took: 40, Relay: "198.51.100.1:49000"}}, Disclosed: []string{"192.168.1.5", "198.51.100.1"}},
		{Policy: datachannel.PolicyRelay, Candidates: []natCandidate{relay}, Servers: []natServer{{URL: "turn:c:3478", Turn: true, OK: true, Took: 40, Relay: "198.51.100.1:49000"}}, Disclosed: []string{"198.51.100.1"}},
		{Policy: datachannel.PolicyAll, Candidates: []natCandidate{{Kind: "host", Address: "[2001:db8::5]:5000"}}, Disclosed: []string{"2001:db8::5"}},
	} {
		r.judge(5000, false)
		all.WriteString(r.text() + "--\n")
	}
	golden(t, "peer", "nat.txt", all.String())
}
