package mesh

import "time"

// wanted takes the agent's wish for a segment.
func (f *Fastmesh) wanted(ev Wanted) {
	playAt := sanePlayAt(ev.PlayAt, f.now)
	if s := f.segments.find(ev.SN); s != nil {
		f.hurry(s, playAt, ev.Waiting)
		return
	}
	f.segment = saneDuration(ev.Duration)
	s := &segment{sn: ev.SN, duration: f.segment, playAt: playAt, waiting: ev.Waiting}
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
	s.deadline = min(f.now+f.patience(s), s.playAt-f.http.reserve())
	switch p := f.slots.parent(s.sn); {
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

// worthAsking says that there is time enough to ask a peer.
func (f *Fastmesh) worthAsking(s *segment) bool {
	return s.deadline-f.now >= min(leastPatience, f.patience(s))
}

// putOff is how long the first fetch by HTTP may be put off, so that peers that
// want the same do not come at once (mesh 6.2). Roots do not put it off:
// others wait for them.
func (f *Fastmesh) putOff(s *segment) time.Duration {
	if s.waiting || f.links.count(parent) == 0 {
		return 0
	}
	spare := s.playAt - f.http.reserve() - f.now
	return max(0, min(f.upTo(s.duration*3/10), spare))
}

// hurry takes a new play time. It can only shorten the time that peers have.
func (f *Fastmesh) hurry(s *segment, playAt time.Duration, waiting bool) {
	s.playAt = playAt
	s.waiting = s.waiting || waiting
	switch {
	case s.failures > 0:
		// The HTTP source has its own pace.
	case s.fromPeer():
		s.deadline = min(s.deadline, playAt-f.http.reserve())
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
