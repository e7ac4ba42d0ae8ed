package lab

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A Profile says how peers come and go.
type Profile string

// The profiles, most of them those of mesh 8.
const (
	Steady    Profile = "steady"     // as many come as go, at random moments, B1
	Flash     Profile = "flash"      // all come within a minute, B2
	Quiesce   Profile = "quiesce"    // at some moment nobody comes or goes any more, B3
	Deficit   Profile = "deficit"    // steady, with too little uplink, B4
	Lognormal Profile = "lognormal"  // steady; most go soon and some stay for hours, B5
	Still     Profile = "none"       // all stay
	MassLeave Profile = "mass-leave" // all stay, until half of them go at once at half-time
)

// DeficitUplinks is what [Deficit] leaves of everybody's uplink.
const DeficitUplinks = 0.77

// Profiles are all of them.
func Profiles() []Profile {
	return []Profile{Steady, Flash, Quiesce, Deficit, Lognormal, Still, MassLeave}
}

// Churn says who comes and goes when, in a swarm and in a simulation alike: the
// same churn brings the same peers at the same moments.
type Churn struct {
	Profile  Profile
	Peers    int           // at a time, on average
	Duration time.Duration // of the run
	Ramp     time.Duration // in which the first peers come; negative: as the profile has it
	Stay     time.Duration // of a peer on average, at least 10 s
	Crash    float64       // share of those who leave that do so without a word
	Seed     uint64
}

// Validate reports every fault, joined.
func (c Churn) Validate() error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	require(slices.Contains(Profiles(), c.Profile), "profile %q is none of %v", c.Profile, Profiles())
	require(c.Stay >= 10*time.Second, "stay %v is less than 10s", c.Stay)
	require(0 <= c.Crash && c.Crash <= 1, "a share of crashes of %g is not from 0 to 1", c.Crash)
	require(c.Ramp <= c.Duration || c.Duration == 0, "a ramp-up of %v is longer than the %v of the run", c.Ramp, c.Duration)
	return errors.Join(faults...)
}

const (
	// rampUp is how long the first peers take to come, unless the run is short.
	rampUp = 5 * time.Minute
	// flashTime is how long a flash crowd takes to come.
	flashTime = time.Minute
	// quietTime is how long nobody comes or goes at the end of [Quiesce].
	quietTime = 2 * time.Minute
)

// quietFrom is when churn stops; never before the end for most profiles.
func (c Churn) quietFrom() time.Duration {
	if c.Profile != Quiesce {
		return math.MaxInt64
	}
	return max(c.Duration/2, c.Duration-quietTime)
}

// ramp is how long the first peers take to come.
func (c Churn) ramp() time.Duration {
	switch {
	case c.Ramp >= 0:
		return c.Ramp
	case c.Profile == Flash:
		return min(flashTime, c.Duration/2)
	}
	return min(rampUp, c.Duration/4)
}

// moves says whether peers come in place of others that have gone.
func (c Churn) moves() bool { return c.Profile != Still && c.Profile != MassLeave }

// visits are the stays that a churn is made of.
type visits struct {
	Churn
	fate *rand.Rand
	now  time.Duration // of the latest arrival
}

func (c Churn) visits() *visits {
	return &visits{Churn: c, fate: rand.New(rand.NewPCG(c.Seed, 4))}
}

// first are those of the ramp-up.
func (v *visits) first() []Stay {
	var all []Stay
	for i := range v.Peers {
		at := time.Duration((float64(i) + v.fate.Float64()) / float64(v.Peers) * float64(v.ramp()))
		all = append(all, v.stay(at, v.remaining(), i))
	}
	return all
}

// next is the next one of those who come in place of others that have gone:
// during the ramp-up fewer, as there are fewer. False: there is none.
func (v *visits) next() (Stay, bool) {
	every := float64(v.Stay) / float64(v.Peers)
	for v.moves() {
		v.now += time.Duration(v.fate.ExpFloat64() * every)
		stay, share := v.lifetime(), v.fate.Float64()
		if v.now >= min(v.Duration, v.quietFrom()) {
			return Stay{}, false
		}
		if v.Profile == Flash && v.now < v.ramp() {
			continue // they are counted among those who come at once
		}
		if share*float64(v.ramp()) < float64(v.now) {
			return v.stay(v.now, stay, 0), true
		}
	}
	return Stay{}, false
}

// stay is that of the peer with a number.
func (v *visits) stay(from, during time.Duration, number int) Stay {
	s := Stay{From: from, For: max(during, time.Millisecond), Crash: v.fate.Float64() < v.Crash}
	switch half := v.Duration / 2; {
	case v.Profile == MassLeave && number%2 == 1 && from < half:
		s.For = half - from
	case !v.moves() || from+during >= v.quietFrom():
		s.For = 0
	}
	return s
}

// The lognormal stay: its median is a tenth of its mean.
var lognormalSigma = math.Sqrt(2 * math.Log(10))

// lifetime is how long somebody who comes will stay.
func (v *visits) lifetime() time.Duration {
	mean := float64(v.Stay)
	if v.Profile == Lognormal {
		return time.Duration(min(mean/10*math.Exp(lognormalSigma*v.fate.NormFloat64()), math.MaxInt64/4))
	}
	return time.Duration(mean * v.fate.ExpFloat64())
}

// remaining is how much longer somebody stays who is found there. Those who
// stay long are found more often.
func (v *visits) remaining() time.Duration {
	if v.Profile != Lognormal {
		return v.lifetime()
	}
	found := math.Log(float64(v.Stay)/10) + lognormalSigma*lognormalSigma
	whole := math.Exp(found + lognormalSigma*v.fate.NormFloat64())
	return time.Duration(min(whole*v.fate.Float64(), math.MaxInt64/4))
}

// Stays are all of them, but no more than a limit.
func (c Churn) Stays(limit int) ([]Stay, error) {
	v := c.visits()
	all := v.first()
	for {
		s, more := v.next()
		if !more {
			return all, nil
		}
		if len(all) >= limit {
			return nil, fmt.Errorf("more than %d peers would come in %v: want fewer at a time, longer stays or a shorter run", limit, c.Duration)
		}
		all = append(all, s)
	}
}
