package mesh

import (
	"slices"
	"time"
)

// progress takes a sign of life of the source in flight.
func (f *Fastmesh) progress(ev Progress) {
	s := f.segments.find(ev.SN)
	if s == nil {
		return
	}
	s.progress(ev, f.now)
	switch s.source {
	case asked:
		f.reckon(s)
	case fetched:
		f.online()
	}
}

// arrived takes a whole segment. Only now is it clear that the parents that
// did not deliver it could have: while the HTTP source fails too, the whole
// mesh starves and no parent is to blame.
func (f *Fastmesh) arrived(ev Arrived) {
	if ev.From == "" {
		f.online()
		f.fetchedIn(ev)
	}
	s := f.segments.find(ev.SN)
	if s == nil {
		return
	}
	if p := f.links.parent(ev.From); p != nil {
		p.heard, p.lacks = f.now, 0
		p.record.hit()
	}
	f.forget(s)
	for _, peer := range s.missed {
		if p := f.links.parent(peer); p != nil {
			p.record.miss()
			f.judge(p)
		}
	}
}

// fetchedIn learns from the time that the HTTP source took.
func (f *Fastmesh) fetchedIn(ev Arrived) {
	s := f.segments.find(ev.SN)
	f.http.arrived(ev, s == nil || !s.mixed)
}

// lacked takes a parent's word that it cannot serve a segment.
func (f *Fastmesh) lacked(ev Lacked) {
	s := f.askedOf(ev.SN, ev.From)
	if s == nil {
		f.unasked(ev)
		return
	}
	p := f.links.parent(ev.From)
	p.heard = f.now
	p.lacks++
	f.missed(s, p.lacks > honestLacks)
	f.another(s)
}

// unasked takes a LACK that answers no request in hand. It may be an old one.
func (f *Fastmesh) unasked(ev Lacked) {
	s := f.segments.find(ev.SN)
	switch {
	case f.links.parent(ev.From) == nil:
		f.ignore(ev.From, NotParent)
	case s != nil && !slices.Contains(s.tried, ev.From):
		f.ignore(ev.From, NotAsked)
	}
}

// honestLacks is how many times in a row a parent may lack without blame. Its
// own parents may have died; while it finds out, it is best left to it: peers
// that drop such parents spread one crash over everybody below.
const honestLacks = 3

// failed takes the end of an attempt.
func (f *Fastmesh) failed(ev Failed) {
	if ev.From == "" {
		switch s := f.segments.find(ev.SN); {
		case s == nil:
		case s.source == fetched:
			f.retry(s, ev.Reason)
		case s.tail > 0:
			s.untailed(f.now, ev.Reason)
		}
		return
	}
	s := f.askedOf(ev.SN, ev.From)
	if s == nil {
		return
	}
	switch ev.Reason {
	case BadContent, BadSize:
		s.landed, s.size = 0, -1
		f.punishBad(f.links.parent(ev.From), ev.Reason)
		f.failOver()
	case LinkLost:
		// The link's end will be, or has been, told.
	default:
		f.missed(s, true)
	}
	f.another(s)
}

// askedOf is the segment sn if that parent has the request in hand, or nil:
// then the news is old.
func (f *Fastmesh) askedOf(sn SN, from PeerID) *segment {
	s := f.segments.find(sn)
	if s == nil || s.source != asked || s.parent != from || f.links.parent(from) == nil {
		return nil
	}
	return s
}

// retry goes on after the HTTP source failed. While it has to pause, one
// parent gets a chance (case 25).
func (f *Fastmesh) retry(s *segment, why Reason) {
	over := s.over()
	if f.now >= over {
		f.act(GiveUp{SN: s.sn, Reason: why})
		f.forget(s)
		return
	}
	s.retryAt = min(f.now+pause(s.failures, why), over)
	s.failures++
	s.missed = nil
	if f.untried(s) == "" {
		s.tried = nil
	}
	s.tries = maxTries - 1
	s.limit = f.now + f.patience(s)
	f.another(s)
}

// over is when a segment is not wanted any more.
func (s *segment) over() time.Duration { return s.playAt + max(leastGrace, 2*s.duration) }

// pause is the time between failure n of the HTTP source and the next try. At
// the live edge a segment is often listed just before it can be had.
func pause(n int, why Reason) time.Duration {
	d := time.Second << min(n, 2)
	if why == NotFound {
		d /= 2
	}
	return d
}
