package lab

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func simulate(t *testing.T, change func(*SimConfig)) Report {
	t.Helper()
	c := DefaultSimConfig()
	change(&c)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	r, err := Simulate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSimulateIsRepeatable: the same seed gives the same report to the last
// digit, another one another.
func TestSimulateIsRepeatable(t *testing.T) {
	t.Parallel()
	run := func(seed uint64, rule Rule) string {
		text, err := json.Marshal(simulate(t, func(c *SimConfig) {
			c.Peers, c.Duration, c.Seed, c.Rule = 80, 10*time.Minute, seed, rule
		}))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, rule := range Rules() {
		first := run(1, rule)
		if again := run(1, rule); again != first {
			t.Errorf("%s, once more:\n%s\n%s", rule, first, again)
		}
		other := strings.Replace(run(2, rule), `"seed":2`, `"seed":1`, 1)
		if other == first {
			t.Errorf("%s: another seed changes nothing", rule)
		}
	}
}

// TestSimulateSteady: a small channel lives from its peers, nobody waits for a
// segment, and the graph has no cycle.
func TestSimulateSteady(t *testing.T) {
	t.Parallel()
	r := simulate(t, func(c *SimConfig) { c.Peers, c.Duration = 60, 10*time.Minute })
	if len(r.Violations) > 0 {
		t.Errorf("%v", r.Violations)
	}
	if *r.Population < 45 || *r.Population > 75 {
		t.Errorf("%.0f peers, want about 60", *r.Population)
	}
	if *r.Offload < 0.9 || *r.Missing > 0.02 {
		t.Errorf("offload %.3f, missing %.3f", *r.Offload, *r.Missing)
	}
	// Everybody wants 75 segments in the five minutes that count.
	all := r.Segments.HTTP + r.Segments.P2P
	if want := 75 * *r.Population; float64(all) < 0.97*want || float64(all) > 1.03*want {
		t.Errorf("%d segments, want about %.0f", all, want)
	}
	if r.Segments.Lost > 0 || r.Segments.Late > 0 {
		t.Errorf("%d late, %d lost", r.Segments.Late, r.Segments.Lost)
	}
	if *r.Level.Mean < *r.Bound.Mean || *r.Level.P95 < *r.Bound.P95 {
		t.Errorf("level %.2f and %.1f, which the bound says is not possible: %.2f and %.1f",
			*r.Level.Mean, *r.Level.P95, *r.Bound.Mean, *r.Bound.P95)
	}
}

// TestSimulateTopologyOnly: without segments nothing is said about them, and
// the graph is as good.
func TestSimulateTopologyOnly(t *testing.T) {
	t.Parallel()
	r := simulate(t, func(c *SimConfig) { c.Peers, c.Duration, c.TopologyOnly = 200, 20*time.Minute, true })
	if r.Segments != nil || r.Bytes != nil || r.Stalls != nil || r.OriginRequests != nil {
		t.Errorf("figures of segments that were not simulated: %+v", r)
	}
	if *r.Offload < 0.95 || *r.Missing > 0.02 || r.Departures < 50 {
		t.Errorf("offload %.3f, missing %.3f, %d departures", *r.Offload, *r.Missing, r.Departures)
	}
}

func TestSimulateFlash(t *testing.T) {
	t.Parallel()
	r := simulate(t, func(c *SimConfig) { c.Peers, c.Profile = 300, Flash })
	if r.Coverage == nil || *r.Coverage < 0.95 {
		t.Errorf("coverage %s, want at least 0.95", figureOf(r.Coverage))
	}
	if r.LevelAfter == nil {
		t.Error("no level after 240 s")
	}
}

// TestSimulateQuiesce: once nobody comes or goes, everybody is fed.
func TestSimulateQuiesce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		r := simulate(t, func(c *SimConfig) { c.Peers, c.Profile, c.TopologyOnly, c.Seed = 200, Quiesce, true, seed })
		if r.Recovery == nil || *r.Recovery > 30 {
			t.Errorf("seed %d: all fed after %s s", seed, figureOf(r.Recovery))
		}
	}
}

// TestSimulateDeficit: what is missing is what the uplinks cannot carry.
func TestSimulateDeficit(t *testing.T) {
	t.Parallel()
	r := simulate(t, func(c *SimConfig) {
		c.Peers, c.Profile, c.Uplinks, c.Duration, c.TopologyOnly = 200, Deficit, 0.5, 20*time.Minute, true
	})
	if *r.Supply > 0.8 || *r.Offload > *r.Supply || *r.Offload < 0.85**r.Supply {
		t.Errorf("supply %.2f, offload %.2f", *r.Supply, *r.Offload)
	}
}

func TestSimulateLognormal(t *testing.T) {
	t.Parallel()
	r := simulate(t, func(c *SimConfig) {
		c.Peers, c.Profile, c.Duration, c.TopologyOnly = 300, Lognormal, 20*time.Minute, true
	})
	if *r.Population < 200 || *r.Population > 400 || *r.Missing > 0.03 {
		t.Errorf("%.0f peers, missing %.3f", *r.Population, *r.Missing)
	}
}

func TestSimulateStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Simulate(ctx, DefaultSimConfig()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestSimConfigFaults(t *testing.T) {
	t.Parallel()
	if err := DefaultSimConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := SimConfig{Peers: 1, Duration: time.Second, Profile: "x", Stay: 1, Uplinks: -1, Substreams: 33, Rule: "y"}.Validate()
	for _, word := range []string{"peers", "duration", "profile", "stay", "uplinks", "substreams", "rule"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("no word of %s in: %v", word, err)
		}
	}
}

func figureOf(v *float64) string {
	text, _ := json.Marshal(v)
	return string(text)
}
