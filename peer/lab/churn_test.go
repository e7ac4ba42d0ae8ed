package lab

import (
	"math"
	"slices"
	"testing"
	"time"
)

// TestChurnIsRepeatable: the same churn brings the same peers, another seed others.
func TestChurnIsRepeatable(t *testing.T) {
	t.Parallel()
	for _, p := range Profiles() {
		c := Churn{Profile: p, Peers: 30, Duration: 10 * time.Minute, Ramp: -1, Stay: time.Minute, Crash: .5, Seed: 7}
		one, err1 := c.Stays(10_000)
		two, err2 := c.Stays(10_000)
		c.Seed = 8
		other, _ := c.Stays(10_000)
		if err1 != nil || err2 != nil || !slices.Equal(one, two) || slices.Equal(one, other) {
			t.Errorf("%s: %v, %v, %d, %d and %d stays", p, err1, err2, len(one), len(two), len(other))
		}
	}
}

// there counts who is there at a moment.
func there(stays []Stay, at time.Duration) (n int) {
	for _, s := range stays {
		if s.From <= at && (s.For == 0 || at < s.From+s.For) {
			n++
		}
	}
	return n
}

// TestChurns: how many are there at which moment of ten minutes, by profile.
func TestChurns(t *testing.T) {
	t.Parallel()
	const peers = 400
	for _, tt := range []struct {
		profile         Profile
		early, mid, end float64 // share at 55 s, just after half-time, and at the end
		all             bool    // nobody comes later
	}{
		{Steady, .37, 1, 1, false},
		{Lognormal, .37, 1, 1, false},
		{Flash, .92, 1, 1, false},
		{Quiesce, .37, 1, 1, false},
		{Still, .37, 1, 1, true},
		{MassLeave, .37, .5, .5, true},
	} {
		c := Churn{Profile: tt.profile, Peers: peers, Duration: 10 * time.Minute, Ramp: -1, Stay: 5 * time.Minute, Seed: 3}
		stays, err := c.Stays(10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, look := range []struct {
			at   time.Duration
			want float64
		}{{55 * time.Second, tt.early}, {301 * time.Second, tt.mid}, {10*time.Minute - 1, tt.end}} {
			if got := float64(there(stays, look.at)) / peers; math.Abs(got-look.want) > .15 {
				t.Errorf("%s: %.2f of the peers are there after %v, want about %.2f", tt.profile, got, look.at, look.want)
			}
		}
		if (len(stays) == peers) != tt.all {
			t.Errorf("%s: %d stays of %d peers", tt.profile, len(stays), peers)
		}
		if quiet := c.quietFrom(); tt.profile == Quiesce && there(stays, quiet) != there(stays, c.Duration) {
			t.Errorf("somebody comes or goes after %v", quiet)
		}
	}
}

// TestCrashes: the share of those who go without a word.
func TestCrashes(t *testing.T) {
	t.Parallel()
	c := Churn{Profile: Steady, Peers: 500, Duration: 10 * time.Minute, Ramp: -1, Stay: time.Minute, Crash: .25, Seed: 3}
	stays, err := c.Stays(20_000)
	crashes := 0
	for _, s := range stays {
		if s.Crash {
			crashes++
		}
	}
	if got := float64(crashes) / float64(len(stays)); err != nil || got < .22 || got > .28 {
		t.Errorf("%d of %d crash, want a quarter (%v)", crashes, len(stays), err)
	}
}

// TestChurnLimit: more peers than a swarm can bear are an error, not memory.
func TestChurnLimit(t *testing.T) {
	t.Parallel()
	c := Churn{Profile: Steady, Peers: 1000, Duration: 24 * time.Hour, Ramp: -1, Stay: 10 * time.Second}
	if stays, err := c.Stays(5000); err == nil || stays != nil {
		t.Errorf("%d stays", len(stays))
	}
	if (Churn{Profile: "x", Crash: 2, Ramp: 2, Duration: 1}).Validate() == nil {
		t.Error("is accepted")
	}
}
