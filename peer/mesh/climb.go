package mesh

import (
	"slices"
	"time"
)

// climb is our own way up the tree, for schedulers that do not plan it
// (protocol 7.6, mesh 6.2): a strong peer asks its ancestors whether it may
// take the place of one of them, and moves to the highest that grants it.
type climb struct {
	phase   climbPhase
	until   time.Duration // end of the phase
	checkAt time.Duration // when to begin anew
	planned bool          // the scheduler moves peers, so nobody climbs

	begun    []time.Duration // of the last attempts
	failures int             // in a row

	grants []Granted // answers so far
	goal   Granted   // the one that we follow
	risen  bool      // the goal's parents are ours already
}

type climbPhase int

const (
	resting climbPhase = iota
	asking             // TRANSITION sent, GRANTs come in
	moving             // links to the goal's parents are being made
	waiting            // the goal has been asked to become our child
)

func (p climbPhase) String() string {
	switch p {
	case asking:
		return "asking"
	case moving:
		return "moving"
	case waiting:
		return "waiting"
	default:
		return "resting"
	}
}

const (
	climbTTL   = 2
	climbEvery = time.Minute // and the least age, and the rest after a swap
	askFor     = 5 * time.Second
	moveFor    = 10 * time.Second
	waitFor    = 10 * time.Second
	// No more than maxClimbs attempts begin in climbPeriod.
	maxClimbs   = 3
	climbPeriod = 10 * time.Minute
	maxDoubling = 4 // of climbEvery, after failures
)

// restartClimbs begins anew, with a new place at the scheduler.
func (f *Fastmesh) restartClimbs(planned bool) {
	f.stopClimb()
	f.climb.planned, f.climb.failures = planned, 0
	if f.climbs() {
		f.climb.checkAt = f.now + climbEvery + f.upTo(climbEvery/5)
	}
}

// offered takes a GRANT to us. The newer one of two by the same peer is a copy
// that came another way.
func (c *climb) offered(g Granted) {
	known := slices.ContainsFunc(c.grants, func(o Granted) bool { return o.Granter == g.Granter })
	if !known {
		c.grants = append(c.grants, g)
	}
}

// climbs says that we take part in climbing.
func (f *Fastmesh) climbs() bool { return f.cfg.Climb && f.cfg.Uplink > 0 && !f.climb.planned }

// inTransition says that our place is about to change.
func (f *Fastmesh) inTransition() bool {
	return f.climb.phase != resting || f.links.aimed(forAdopt) != nil
}

// ascend goes on with what is due.
func (f *Fastmesh) ascend() {
	c := &f.climb
	if c.phase == resting && f.now >= f.nextAscent() {
		f.considerClimb()
	}
	if c.phase == asking && f.now >= c.until {
		f.choose()
	}
	if c.phase == moving && (f.now >= c.until || f.landed() >= f.promised()) {
		f.rise()
	}
	if c.phase == waiting {
		f.awaitGoal()
	}
}

// nextAscent is when ascend has something to do, if no link opens before.
func (f *Fastmesh) nextAscent() time.Duration {
	switch {
	case f.climb.phase != resting:
		return f.climb.until
	case !f.climbs() || f.standing != joined:
		return Never
	default:
		return f.climb.checkAt
	}
}

// considerClimb asks the ancestors, if it is worth their while.
func (f *Fastmesh) considerClimb() {
	c := &f.climb
	c.checkAt = f.now + f.spread(climbEvery)
	c.begun = slices.DeleteFunc(c.begun, func(t time.Duration) bool { return f.now-t >= climbPeriod })
	if len(c.begun) >= maxClimbs || f.swap.peer != "" && f.now-f.swap.at < climbEvery || !f.fitToClimb() {
		return
	}
	c.begun = append(c.begun, f.now)
	c.phase, c.until = asking, f.now+askFor
	f.sendUpwards(SendTransition{Origin: f.self, Uplink: f.cfg.Uplink, TTL: climbTTL, SourceTTL: climbTTL})
}

// fitToClimb says that there is something to climb above, and that we have at
// least half of our uplink left, enough for one whole stream.
func (f *Fastmesh) fitToClimb() bool {
	if f.stream == 0 || f.links.count(parent) == 0 || f.links.aimed(forAdopt) != nil || !f.roomBelow() {
		return false
	}
	total := float64(len(f.slots))
	slots := float64(f.cfg.Uplink) / (float64(f.stream) / total)
	return slots-float64(f.load()) >= max(total, slots/2)
}

// roomBelow says that one more child is allowed.
func (f *Fastmesh) roomBelow() bool { return f.links.count(accepted, child) < f.cfg.MaxChildren }

// endClimb rests until the next attempt: longer after each failure.
func (f *Fastmesh) endClimb(risen bool) {
	c := &f.climb
	f.stopClimb()
	c.failures++
	if risen {
		c.failures = 0
	}
	c.checkAt = f.now + f.spread(climbEvery<<min(c.failures, maxDoubling))
}

// stopClimb gives up what is under way, which is nobody's failure.
func (f *Fastmesh) stopClimb() {
	c := &f.climb
	f.cancelAll(forClimb)
	if c.phase != resting {
		c.checkAt = f.now + f.spread(climbEvery)
	}
	c.phase, c.grants, c.goal, c.risen = resting, nil, Granted{}, false
}
