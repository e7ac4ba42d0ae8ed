package mesh

import "time"

// wanted takes the agent's wish for a segment.
func (f *Fastmesh) wanted(ev Wanted) {
	playAt := sanePlayAt(ev.PlayAt, f.now)
	if s := f.segments.find(ev.SN); s != nil {
		s.watched = s.watched || ev.Watched
		f.hurry(s, playAt, ev.Waiting)
		return
	}
	f.segment = saneDuration(ev.Duration)
	s := &segment{sn: ev.SN, duration: f.segment, playAt: playAt, waiting: ev.Waiting, watched: ev.Watched, alone: ev.Alone}
	out := f.segments.surplus(s)
	if out != nil {
		f.act(GiveUp{SN: out.sn, Reason: Full})
		f.forget(out)
	}
	if out != s {
		f.segments.add(s)
		f.start(s)
	}
}

// start chooses the first source (protocol 7.5): the parent of the segment's
// slot if there is one and the HTTP source can still step in, else the HTTP
// source.
func (f *Fastmesh) start(s *segment) {
	s.limit = f.now + f.patience(s)
	f.reckon(s)
	switch p := f.slots.parent(s.sn); {
	case s.alone:
		f.fetch(s, 0)
	case p == "":
		f.fetch(s, f.putOff(s))
	case !f.worthAsking(s):
		f.fetch(s, 0)
	case f.links.answers(p):
		f.enqueue(s, p)
	default:
		f.another(s)
	}
}

// patience is how long peers get for a segment (protocol 7.5).
func (f *Fastmesh) patience(s *segment) time.Duration { return s.patience(f.cfg.P2PDeadline) }

const (
	longestPatience = 5 * time.Second
	// leastPatience is the time that is too short to ask a peer.
	leastPatience = 300 * time.Millisecond
)

// worthAsking says that there is time enough to ask a peer: as much as the one
// before it would have taken for the whole, as far as is known.
func (f *Fastmesh) worthAsking(s *segment) bool {
	least := min(leastPatience, f.patience(s))
	if s.landed > 0 && s.size > 0 && s.flow.rate > 0 {
		least = max(least, seconds(float64(s.size)/s.flow.rate))
	}
	return s.deadline-f.now >= least
}

// reckon sets when the parent of s is given up: at the last moment from which on
// the HTTP source can still bring what is missing before that is played. So the more
// there is, the later. A parent that does not send has the time of protocol 7.5 at
// most; so has one whose bytes nobody plays, as peers below wait for them, and any
// where the configuration says so.
func (f *Fastmesh) reckon(s *segment) {
	at := s.playAt - f.http.reserve(s.missing())
	switch {
	case s.tail > 0:
		at = min(s.gapBy(&f.http), s.limit)
	case s.failures > 0:
		at = s.limit // the HTTP source has its own pace
	case !s.begun || !f.lenient(s):
		at = min(at, s.limit)
	}
	s.deadline = at
}

// lenient says that peers may have all the time until s is played.
func (f *Fastmesh) lenient(s *segment) bool { return s.watched && f.cfg.P2PDeadline == 0 }

// putOff is how long the first fetch by HTTP may be put off, so that peers that
// want the same do not come at once (mesh 6.2). Roots do not put it off:
// others wait for them.
func (f *Fastmesh) putOff(s *segment) time.Duration {
	if s.waiting || f.links.count(parent) == 0 {
		return 0
	}
	spare := s.playAt - f.http.reserve(s.missing()) - f.now
	return max(0, min(f.upTo(s.duration*3/10), spare))
}

// hurry takes a new play time. By itself it can only shorten the time that peers
// have.
func (f *Fastmesh) hurry(s *segment, playAt time.Duration, waiting bool) {
	s.playAt = playAt
	s.waiting = s.waiting || waiting
	switch {
	case s.failures > 0:
		// The HTTP source has its own pace.
	case s.fromPeer():
		before := s.deadline
		f.reckon(s)
		s.deadline = min(s.deadline, before)
	case s.waiting && f.now < s.since:
		f.fetch(s, 0)
	}
}

// forget drops a segment; s may be nil.
func (f *Fastmesh) forget(s *segment) {
	if s != nil {
		f.leave(s)
		f.segments.remove(s.sn)
	}
}
