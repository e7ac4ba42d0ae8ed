package mesh

import "time"

// standby is the state of our care for a second candidate: a link that fills
// no slot, is not reported and is asked for nothing until a parent is lost
// (mesh 6.2). The link itself is among the others, with the aim forStandby.
type standby struct {
	next time.Duration // when one may be chosen, or another one in its place
}

const (
	// standbyAfter is how long all slots are to be filled first.
	standbyAfter = 5 * time.Second
	// standbyFor is how long a standby stays until another one is chosen.
	standbyFor = time.Minute
)

// lost notes that the standby is gone, or in use.
func (s *standby) lost(now time.Duration) { s.next = now + standbyAfter }

// keepStandby chooses a standby, and now and then another one: a link that
// nobody uses says little about the peer at its end.
func (f *Fastmesh) keepStandby() {
	if f.search.fed == Never && f.links.aimed(forStandby) == nil {
		f.standby.next = 0 // other parents, other candidates
	}
	if f.now < f.nextStandby() {
		return
	}
	old := f.links.aimed(forStandby)
	if c, ok := f.standbyCandidate(); ok {
		if old != nil {
			f.search.put(Candidate{Peer: old.peer, Residual: old.residual})
			f.cancel(old)
		}
		f.dial(c.Peer, 0)
		l := f.links.find(c.Peer)
		l.aim, l.residual = forStandby, c.Residual
	}
	f.standby.next = f.now + f.spread(standbyFor)
}

// nextStandby is when keepStandby has something to do.
func (f *Fastmesh) nextStandby() time.Duration {
	if !f.cfg.Standby || f.standing != joined || f.search.fed == Never {
		return Never
	}
	return max(f.standby.next, f.search.fed+standbyAfter)
}

// standbyCandidate takes the first of the spares that could fill a slot.
func (f *Fastmesh) standbyCandidate() (Candidate, bool) {
	for _, c := range f.search.spares {
		if r := c.Residual.sane(); r > 0 && r >= f.share() && f.dialable(c.Peer) {
			f.search.strike(c.Peer)
			return c, true
		}
	}
	return Candidate{}, false
}

// failOver gives free slots to the standby. One that is still being dialled
// goes on as any other candidate.
func (f *Fastmesh) failOver() {
	l := f.links.aimed(forStandby)
	if l == nil || f.vacancies() == 0 {
		return
	}
	if l.state == dialling && f.links.recruits() >= maxDials {
		return
	}
	l.aim, l.want = forSlots, max(1, f.grant(l.residual))
	f.standby.lost(f.now)
	if l.state == spare {
		f.employ(l)
	}
}
