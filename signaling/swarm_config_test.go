package signaling

import (
	"strings"
	"testing"
)

func TestSwarmConfigValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		alter func(*SwarmConfig)
		fault string // "" for none
	}{
		{"good", func(*SwarmConfig) {}, ""},
		{"TLS with a query", func(c *SwarmConfig) { c.Announces[0] = "https://host:8443/bt/?a=b" }, ""},
		{"no tracker", func(c *SwarmConfig) { c.Announces, c.Signalers = nil, nil }, "no announce URL"},
		{"ws tracker", func(c *SwarmConfig) { c.Announces[0] = "ws://host/" }, "announce URL 1"},
		{"no host", func(c *SwarmConfig) { c.Announces[0] = "http:///path" }, "announce URL 1"},
		{"password", func(c *SwarmConfig) { c.Announces[0] = "http://user:hush@host/" }, "announce URL 1"},
		{"no relay", func(c *SwarmConfig) { c.Signalers = nil }, "0 signalers for 1 announce URLs"},
		{"empty relay", func(c *SwarmConfig) { c.Signalers[0] = "" }, "signaler 1"},
		{"no room", func(c *SwarmConfig) { c.Room = "" }, "room"},
		{"enter", func(c *SwarmConfig) { c.Enter = nil }, "what to tell"},
		{"request timeout", func(c *SwarmConfig) { c.RequestTimeout = 0 }, "request timeout"},
		{"backoffs", func(c *SwarmConfig) { c.MaxBackoff = c.MinBackoff - 1 }, "maximum backoff"},
	}
	for _, tt := range tests {
		c := swarmConfig(&world{})
		tt.alter(&c)
		_, err := NewSwarm(c)
		switch {
		case tt.fault == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.fault)
		case err != nil && strings.Contains(err.Error(), "hush"):
			t.Errorf("error gives the address away: %v", err)
		}
	}
	if err := (SwarmConfig{}).Validate(); err == nil || strings.Count(err.Error(), "\n") < 7 {
		t.Errorf("an empty configuration: %v", err)
	}
}
