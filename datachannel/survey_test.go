package datachannel

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// turnServer is a STUN and TURN server on loopback: its address.
func turnServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", LoggerFactory: pionLogs{log: slog.New(slog.DiscardHandler), level: LevelOff},
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey("user", a.Realm, "pass"), a.Username == "user"
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

// deafServer takes packets and says nothing.
func deafServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// TestGather: what a link would gather, and what others see of it.
func TestGather(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.Loopback = true
	c.ICEServers = []ICEServer{{URLs: []string{"turn:" + turnServer(t)}, Username: "user", Credential: "pass"}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, policy := range []ICEPolicy{PolicyAll, PolicyRelay, PolicyLAN} {
		c.Policy = policy
		s, err := Gather(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, found := range s.Candidates {
			kinds[found.Kind]++
			if _, _, err := net.SplitHostPort(found.Address); err != nil {
				t.Errorf("%+v: %v", found, err)
			}
		}
		if (kinds["relay"] > 0) != (policy != PolicyLAN) || (kinds["host"] > 0) != (policy != PolicyRelay) {
			t.Errorf("%s: %+v", policy, s.Candidates)
		}
		if !strings.Contains(strings.Join(s.Disclosed, " "), "127.0.0.1") {
			t.Errorf("disclosed: %q", s.Disclosed)
		}
	}
	c.UDPPort = -1
	if _, err := Gather(ctx, c); err == nil {
		t.Error("a faulty configuration is taken")
	}
}

// TestProbe: servers that answer, that refuse, and that are not there.
func TestProbe(t *testing.T) {
	t.Parallel()
	p, err := NewProber(0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	one, two, deaf := turnServer(t), turnServer(t), deafServer(t)
	ask := func(user, pass, raw string) Probe {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if strings.Contains(raw, deaf) {
			ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		}
		defer cancel()
		return p.Ask(ctx, ICEServer{Username: user, Credential: pass}, raw)
	}
	a, b := ask("", "", "stun:"+one), ask("", "", "stun:"+two)
	if a.Err != nil || b.Err != nil || a.Turn || a.Mapped == "" || a.Mapped != b.Mapped {
		t.Errorf("two STUN servers: %+v, %+v", a, b)
	}
	if got := ask("user", "pass", "turn:"+one); got.Err != nil || !got.Turn || !strings.HasPrefix(got.Relay, "127.0.0.1:") || got.Mapped == "" {
		t.Errorf("TURN: %+v", got)
	}
	for raw, want := range map[string]string{
		"turn:" + one:                     "", // the password is wrong
		"stun:" + deaf:                    "does not answer in time",
		"turn:" + deaf:                    "does not answer in time",
		"turn:127.0.0.1:1?transport=tcp":  "refused",
		"turns:" + one + "?transport=udp": "is not supported here",
		"stuns:" + one:                    "by UDP only",
		"http://h":                        "cannot be read",
	} {
		if got := ask("user", "wrong", raw); got.Err == nil || !strings.Contains(got.Err.Error(), want) {
			t.Errorf("%s: %+v, want %s", raw, got, want)
		}
	}
}
