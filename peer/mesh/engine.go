package mesh

import (
	"math"
	"time"
)

// PeerID names a remote peer, as given by the scheduler. It is opaque.
type PeerID string

// SN is a segment's media sequence number.
type SN int64

// BitRate is in bit/s.
type BitRate float64

// Never is the wake-up time of an engine that waits for events only.
const Never = time.Duration(math.MaxInt64)

// An Engine decides. Step takes one event and answers with what is to be done
// now, in order, and with the time at which the engine wants a [Tick] if
// nothing else happens before ([Never]: none).
//
// now is the time since some fixed moment, chosen by the caller; it never goes
// back. Step is deterministic, does not block, and is total: whatever a remote
// made the caller put into an event, it neither panics nor grows without
// bound. It must be called by one goroutine at a time.
type Engine interface {
	Step(now time.Duration, ev Event) (do []Action, wake time.Duration)
	// Snapshot may be called between two steps.
	Snapshot() Snapshot
}
