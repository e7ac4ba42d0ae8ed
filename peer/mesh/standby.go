package mesh

import "time"

// standby is the state of our care for a second candidate: a link that fills
// no slot, is not reported and is asked for nothing until a parent is lost
// (mesh 6.2). The link itself is among the others, with the aim forStandby.
type standby struct {
	next time.Duration // when one may be chosen, or another one in its place
	// named is who the scheduler wants it to be; "": it leaves the choice to us.
	named PeerID
}

const (
	// standbyAfter is how long all slots are to be filled first.
	standbyAfter = 5 * time.Second
	// standbyFor is how long a standby of our own choice stays until another
	// one is chosen.
	standbyFor = time.Minute
)

// lost notes that the standby is gone, or in use.
func (s *standby) lost(now time.Duration) { s.next = now + standbyAfter }

// nameStandby takes the scheduler's choice: the candidates in its list that
// have nothing to give now. It returns the others.
func (f *Fastmesh) nameStandby(nodes []Candidate) (parents []Candidate) {
	named := PeerID("")
	for _, c := range nodes {
		switch {
		case c.Residual.sane() > 0:
			parents = append(parents, c)
		case named == "":
			named = c.Peer
		}
	}
	if named != "" && named != f.standby.named {
		f.standby.named, f.standby.next = named, f.now
	}
	return parents
}

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
		l.aim, l.residual, l.named = forStandby, c.Residual, c.Peer == f.standby.named
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

// standbyCandidate is who the scheduler has named, or else the first of the
// spares that could fill a slot.
func (f *Fastmesh) standbyCandidate() (Candidate, bool) {
	if f.standby.named != "" {
		return Candidate{Peer: f.standby.named}, f.dialable(f.standby.named)
	}
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
	if l == nil || l.quiet || f.vacancies() == 0 {
		return
	}
	if l.state == dialling && f.links.recruits() >= maxDials {
		return
	}
	want := f.grant(l.residual)
	if l.named {
		want = f.vacancies() // it has room for all
	}
	if l.peer == f.standby.named {
		f.standby.named = ""
	}
	l.aim, l.want = forSlots, max(1, want)
	f.standby.lost(f.now)
	if l.state == spare {
		f.employ(l)
	}
}

// standbyFailed tells the scheduler that nothing has come of a standby that it
// has named, so that it names another.
func (f *Fastmesh) standbyFailed(l *link) {
	if l.peer == f.standby.named {
		f.standby.named = ""
	}
	if l.named {
		f.act(ReportFailed{Parent: l.peer})
	}
}
