package peer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func goodConfig() Config {
	c := DefaultConfig()
	c.Channels = []ChannelConfig{{URL: "http://source/a.m3u8"}}
	c.Schedulers = []string{"ws://tracker/ws"}
	return c
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	if err := goodConfig().Validate(); err != nil {
		t.Fatalf("a good configuration: %v", err)
	}
	for name, tt := range map[string]struct {
		spoil func(*Config)
		key   string
	}{
		"no channel":             {func(c *Config) { c.Channels = nil }, "URL"},
		"no scheme":              {func(c *Config) { c.Channels[0].URL = "source/a.m3u8" }, "URL"},
		"file":                   {func(c *Config) { c.Channels[0].URL = "file:///etc/passwd" }, "URL"},
		"no host":                {func(c *Config) { c.Channels[0].URL = "http:///a.m3u8" }, "URL"},
		"not a URL":              {func(c *Config) { c.Channels[0].URL = "http://%zz?secret" }, "URL"},
		"twice":                  {func(c *Config) { c.Channels = append(c.Channels, c.Channels[0]) }, "URL"},
		"backup of a file":       {func(c *Config) { c.Channels[0].Backups = []string{"file:///a.m3u8"} }, "backup"},
		"backup of itself":       {func(c *Config) { c.Channels[0].Backups = []string{"http://source/a.m3u8"} }, "backup"},
		"backup twice":           {func(c *Config) { c.Channels[0].Backups = []string{"http://b/a.m3u8", "http://b/a.m3u8"} }, "backup"},
		"scheduler by http":      {func(c *Config) { c.Schedulers[0] = "http://tracker/ws?secret" }, "scheduler"},
		"signaler by http":       {func(c *Config) { c.Signalers = []string{"http://tracker/signal"} }, "signaler"},
		"signalers too many":     {func(c *Config) { c.Signalers = []string{"ws://a/", "ws://b/"} }, "signaler"},
		"signaler without":       {func(c *Config) { c.Schedulers, c.Signalers = nil, []string{"ws://a/"} }, "signaler"},
		"engine":                 {func(c *Config) { c.Engine = "steam" }, "engine"},
		"upload below 0":         {func(c *Config) { c.Upload = -1 }, "upload"},
		"cache of nothing":       {func(c *Config) { c.CacheBytes = 0 }, "cache"},
		"segments of nothing":    {func(c *Config) { c.MaxSegment = 0 }, "max-segment"},
		"children below 0":       {func(c *Config) { c.MaxChildren = -1 }, "max-children"},
		"no substreams":          {func(c *Config) { c.Substreams = 0 }, "substreams"},
		"33 substreams":          {func(c *Config) { c.Substreams = 33 }, "substreams"},
		"deadline below 0":       {func(c *Config) { c.P2PDeadline = -1 }, "p2p-deadline"},
		"deadline of two days":   {func(c *Config) { c.P2PDeadline = 48 * time.Hour }, "p2p-deadline"},
		"packet size of nothing": {func(c *Config) { c.Link.PacketSize = 0 }, "link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := goodConfig()
			tt.spoil(&c)
			_, err := New(c)
			var fault *Fault
			if !errors.As(err, &fault) || fault.Key != tt.key || fault.Problem == "" {
				t.Errorf("error %v, want a fault of %s", err, tt.key)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("the error shows a query: %v", err)
			}
		})
	}
}

// TestFaultsTogether: all faults are told at once, and no logger is none.
func TestFaultsTogether(t *testing.T) {
	t.Parallel()
	c := goodConfig()
	c.Upload, c.Engine, c.Substreams = -1, "x", 0
	if err := c.Validate(); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("3 faults are told as %q", err)
	}
	c = goodConfig()
	c.Logger = nil
	if _, err := New(c); err != nil {
		t.Errorf("without a logger: %v", err)
	}
}
