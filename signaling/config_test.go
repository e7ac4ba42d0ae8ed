package signaling

import (
	"strings"
	"testing"
)

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		alter func(*Config)
		fault string // "" for none
	}{
		{"good", func(*Config) {}, ""},
		{"TLS with a query", func(c *Config) { c.Schedulers[0] = "wss://host:8443/ws?a=b" }, ""},
		{"no relays", func(c *Config) { c.Signalers = nil }, ""},
		{"no relay for one", func(c *Config) { c.Signalers[0] = "" }, ""},
		{"no scheduler", func(c *Config) { c.Schedulers = nil }, "no scheduler"},
		{"HTTP scheduler", func(c *Config) { c.Schedulers[0] = "http://host/" }, "scheduler 1: not a ws or wss URL"},
		{"no host", func(c *Config) { c.Schedulers[0] = "ws:///path" }, "scheduler 1"},
		{"fragment", func(c *Config) { c.Schedulers[0] = "ws://host/#part" }, "scheduler 1"},
		{"password", func(c *Config) { c.Schedulers[0] = "ws://user:hush@host/" }, "scheduler 1"},
		{"no URL", func(c *Config) { c.Schedulers[0] = "ws://hush host/%zz" }, "scheduler 1"},
		{"HTTP relay", func(c *Config) { c.Signalers[0] = "http://host/" }, "signaler 1"},
		{"too many relays", func(c *Config) { c.Signalers = []string{"", ""} }, "2 signalers for 1 schedulers"},
		{"no room", func(c *Config) { c.Room = "" }, "room"},
		{"long room", func(c *Config) { c.Room = strings.Repeat("x", MaxString+1) }, "room"},
		{"mode", func(c *Config) { c.Mode = "both" }, "mode"},
		{"enter", func(c *Config) { c.Enter = nil }, "enter"},
		{"dial timeout", func(c *Config) { c.DialTimeout = 0 }, "dial timeout"},
		{"accept timeout", func(c *Config) { c.AcceptTimeout = -1 }, "accept timeout"},
		{"relay timeout", func(c *Config) { c.RelayTimeout = 0 }, "relay timeout"},
		{"ping interval", func(c *Config) { c.PingEvery = 0 }, "ping interval"},
		{"minimum backoff", func(c *Config) { c.MinBackoff = 0 }, "minimum backoff"},
		{"backoffs", func(c *Config) { c.MaxBackoff = c.MinBackoff - 1 }, "maximum backoff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := testConfig(&world{})
			tt.alter(&c)
			_, err := NewClient(c)
			switch {
			case tt.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
				t.Errorf("error %v, want one with %q", err, tt.fault)
			case err != nil && strings.Contains(err.Error(), "hush"):
				t.Errorf("error gives the address away: %v", err)
			}
		})
	}
}

func TestConfigValidateReportsAll(t *testing.T) {
	t.Parallel()
	err := Config{}.Validate()
	if err == nil {
		t.Fatal("an empty configuration is accepted")
	}
	if n := strings.Count(err.Error(), "\n") + 1; n < 8 {
		t.Errorf("only %d faults: %v", n, err)
	}
}
