package datachannel

import (
	"strings"
	"testing"

	"github.com/pion/transport/v5/vnet"
)

func TestDefaultConfigIsValid(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.Advertise = []string{"192.0.2.1", "2001:db8::1"}
	c.ICEServers = []ICEServer{{URLs: []string{"stun:stun.example.org:3478", "turns:turn.example.org"}, Username: "u", Credential: "p"}}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	t.Parallel()
	err := Config{
		PacketSize: 1, MaxMessage: 2 << 20, MaxPiece: 0, HighWater: 1, UDPPort: 70000, Net: &vnet.Net{},
		Advertise: []string{"here"}, ICEServers: []ICEServer{{URLs: []string{"http://x", "stun:"}}, {}},
	}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"packet size 1", "largest message", "largest piece", "high water", "UDP port 70000: want", "with a network of its own",
		"open timeout", "grace", `"here"`, `"http://x"`, `"stun:"`, "without a URL",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if _, err := NewHost(Config{}); err == nil {
		t.Error("NewHost took an invalid configuration")
	}
}
