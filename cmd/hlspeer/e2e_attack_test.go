//go:build e2e

package main_test

import (
	"maps"
	"sync"
	"testing"
)

// attackers are the attacks on real processes, by name.
func attackers() map[string]func(t *testing.T, tracker string) outcome {
	all := maps.Clone(assaults)
	for name, d := range deeds {
		all[name] = d.run
	}
	return all
}

// attacksAtOnce are mostly waiting.
const attacksAtOnce = 12

// TestE2EAttack runs every attack that there is against real processes, each with
// victims of its own, and prints the table; with HLSPEER_UPDATE=1 it goes to
// docs/security.md.
func TestE2EAttack(t *testing.T) {
	tracker := hlspeer(t, "tracker", "tracker", "--listen", "127.0.0.1:0").address("tracker")
	run := attackers()
	results := map[string]outcome{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	places := make(chan struct{}, attacksAtOnce)
	for _, a := range attacks {
		if a.proof != "" {
			continue
		}
		do := run[a.name]
		if do == nil {
			t.Errorf("nobody attacks by %q", a.name)
			continue
		}
		delete(run, a.name)
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			t.Run(a.name, func(t *testing.T) {
				o := do(t, tracker)
				mu.Lock()
				defer mu.Unlock()
				results[a.name] = o
			})
		})
	}
	wg.Wait()
	for name := range run {
		t.Errorf("the attack %q is not in the list", name)
	}
	table := attackTable(results)
	t.Logf("\n%s", table)
	if !t.Failed() {
		writeAttacks(t, table)
	}
}
