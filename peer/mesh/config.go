package mesh

import (
	"errors"
	"fmt"
	"time"
)

// Config is what a [Fastmesh] goes by.
type Config struct {
	// Substreams is the number of slots until the scheduler says otherwise,
	// 1 to 32.
	Substreams int
	// MaxChildren is how many peers may be our children at once, open or
	// being opened, 0 to 1024; 0: we serve nobody.
	MaxChildren int
	// MaxParents is how many parents we have at most, open or being dialled,
	// 1 to 32.
	MaxParents int
	// P2PDeadline is the longest time that peers get for one segment; 0: the
	// segment's duration, at most 5 s (protocol 7.5).
	P2PDeadline time.Duration
	// AnswerTimeout is how long a parent that sends nothing may keep us
	// waiting for the first byte. Parents hold a REQUEST for up to 1.5 s, so
	// it is to be longer.
	AnswerTimeout time.Duration
	// DialTimeout is the time a link has to open, in either direction
	// (protocol 7.11).
	DialTimeout time.Duration
	// Quarantine is for how long a peer is not dialled after a failure. Each
	// further failure doubles it, up to MaxQuarantine (protocol 7.2).
	Quarantine, MaxQuarantine time.Duration
	// Standby: keep a link to one candidate more than is needed, which takes
	// the place of a lost parent at once (mesh 6.2).
	Standby bool
	// Uplink is how much we can send. It limits what children may take (mesh
	// 6.2). 0: not known, nothing but MaxChildren limits it.
	Uplink BitRate
	// Climb: climb in the tree by ourselves, and let others take our place, where
	// the scheduler does not plan (protocol 7.6), as long as there is an Uplink.
	Climb bool
	// Seed makes the jitter. Our peer id is mixed in, so that equal seeds do
	// not make a swarm move in step.
	Seed uint64
}

// DefaultConfig is what protocol 7 and mesh 6.2 recommend.
func DefaultConfig() Config {
	return Config{
		Substreams:    4,
		MaxChildren:   16,
		MaxParents:    8,
		AnswerTimeout: 2500 * time.Millisecond,
		DialTimeout:   15 * time.Second,
		Standby:       true,
		Quarantine:    5 * time.Minute,
		MaxQuarantine: time.Hour,
	}
}

const (
	maxSubstreams = 32
	maxTimeout    = 24 * time.Hour
)

// Validate reports every fault at once.
func (c Config) Validate() error {
	var faults []error
	number := func(name string, n, low, high int) {
		if n < low || n > high {
			faults = append(faults, fmt.Errorf("%s %d: want %d to %d", name, n, low, high))
		}
	}
	span := func(name string, d, low time.Duration) {
		if d < low || d > maxTimeout {
			faults = append(faults, fmt.Errorf("%s %v: want %v to %v", name, d, low, maxTimeout))
		}
	}
	number("substreams", c.Substreams, 1, maxSubstreams)
	number("max children", c.MaxChildren, 0, 1024)
	number("max parents", c.MaxParents, 1, maxSubstreams)
	if c.Uplink != 0 && c.Uplink.sane() == 0 {
		faults = append(faults, fmt.Errorf("uplink %v: want 0 or more bit/s", float64(c.Uplink)))
	}
	span("P2P deadline", c.P2PDeadline, 0)
	span("answer timeout", c.AnswerTimeout, time.Millisecond)
	span("dial timeout", c.DialTimeout, time.Millisecond)
	span("quarantine", c.Quarantine, time.Millisecond)
	span("max quarantine", c.MaxQuarantine, c.Quarantine)
	return errors.Join(faults...)
}
