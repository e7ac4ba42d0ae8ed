package datachannel

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pion/logging"
	"github.com/pion/transport/v5/vnet"
)

// twoAt are machines of one network, with these addresses.
func twoAt(t *testing.T, network, one, other string) (a, b *vnet.Net) {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: network, QueueSize: 4096, LoggerFactory: logging.NewDefaultLoggerFactory()})
	if err != nil {
		t.Fatal(err)
	}
	machine := func(address string) *vnet.Net {
		n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
		if err != nil {
			t.Fatal(err)
		}
		if err := router.AddNet(n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	a, b = machine(one), machine(other)
	if err := router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = router.Stop() })
	return a, b
}

// TestPolicies: what a child with a policy tells a remote, and whether they are
// linked.
func TestPolicies(t *testing.T) {
	t.Parallel()
	turn := []ICEServer{{URLs: []string{"turn:203.0.113.9:3478"}, Username: "u", Credential: "p"}}
	for _, tt := range []struct {
		name          string
		network       string
		child, parent ICEPolicy
		tells, opens  bool
	}{
		{"all, at home", "10.0.0", PolicyAll, PolicyAll, true, true},
		{"all, in the world", "203.0.113", PolicyAll, PolicyAll, true, true},
		{"lan, at home", "10.0.0", PolicyLAN, PolicyAll, true, true},
		{"lan, in the world", "203.0.113", PolicyLAN, PolicyAll, false, false},
		{"lan at the other end", "203.0.113", PolicyAll, PolicyLAN, true, false},
		{"relay, and nobody relays", "203.0.113", PolicyRelay, PolicyAll, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := DefaultConfig(), DefaultConfig()
				a.Policy, b.Policy = tt.child, tt.parent
				a.Net, b.Net = twoAt(t, tt.network+".0/24", tt.network+".1", tt.network+".2")
				if tt.child == PolicyRelay {
					a.ICEServers = turn
				}
				from, to := newTestHost(t, a), newTestHost(t, b)
				c := offer(t, from, to)
				c.answer(t)
				var told strings.Builder
				told.WriteString(string(c.offer))
				opened := false
				for over := false; !over; {
					select {
					case s := <-c.up.queue:
						told.WriteString(string(s))
						_ = c.parent.Signal(s)
					case s := <-c.down.queue:
						_ = c.child.Signal(s)
					case <-c.childEar.opened:
						opened, over = true, true
					case <-c.childEar.closed:
						over = true
					}
				}
				if opened != tt.opens {
					t.Errorf("open: %v, want %v", opened, tt.opens)
				}
				if tells := strings.Contains(told.String(), tt.network+"."); tells != tt.tells {
					t.Errorf("it tells its address: %v, want %v\n%s", tells, tt.tells, told.String())
				}
				c.child.Close(nil)
				c.parent.Close(nil)
				<-c.child.Done()
				<-c.parent.Done()
			})
		})
	}
}

// TestPolicyFaults: policies that cannot be kept.
func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Config){
		"":               func(c *Config) { c.Policy, c.Advertise = PolicyLAN, []string{"10.1.2.3", "fd00::1"} },
		"no TURN server": func(c *Config) { c.Policy, c.ICEServers = PolicyRelay, []ICEServer{{URLs: []string{"stun:h:1"}}} },
		"is not private": func(c *Config) { c.Policy, c.Advertise = PolicyLAN, []string{"203.0.113.5"} },
		"want all":       func(c *Config) { c.Policy = "none" },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
