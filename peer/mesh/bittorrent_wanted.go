package mesh

import "time"

// demand takes note of where a player is.
func (b *BitTorrent) demand(sn SN) {
	if sn.exists() {
		b.demanded = sn
	}
}

// playhead is where playback is: at the segment that a player has asked for
// last. A live channel is followed without any, two segments behind its edge.
func (b *BitTorrent) playhead() (head SN, ok bool) {
	switch l := b.list; {
	case !l.known:
		return b.demanded, b.demanded != noSN
	case b.demanded != noSN && l.first-1 <= b.demanded && b.demanded <= l.last:
		return b.demanded, true
	case l.live:
		return max(l.first, l.last-2), true
	default:
		return noSN, false
	}
}

// wanted takes the agent's wish for a segment.
func (b *BitTorrent) wanted(ev Wanted) {
	delete(b.fetches, ev.SN)
	playAt := sanePlayAt(ev.PlayAt, b.now)
	if s := b.segments.find(ev.SN); s != nil {
		s.watched = s.watched || ev.Watched
		b.hurry(s, playAt, ev.Waiting)
		return
	}
	s := &segment{
		sn: ev.SN, duration: saneDuration(ev.Duration), playAt: playAt, waiting: ev.Waiting, watched: ev.Watched, alone: ev.Alone,
		source: queued, since: b.now, chance: b.random.Float64(),
	}
	out := b.segments.surplus(s)
	if out != nil {
		b.giveUp(out, Full)
	}
	if out != s {
		b.segments.add(s)
	}
}

// hurry takes a new play time.
func (b *BitTorrent) hurry(s *segment, playAt time.Duration, waiting bool) {
	s.playAt, s.waiting = playAt, s.waiting || waiting
	switch {
	case s.source != asked || s.failures > 0:
	case b.stalls(s) && !b.keepsUp(s):
		b.release(s)
	default:
		s.deadline = min(s.deadline, b.patienceFor(s))
	}
}

// unwanted forgets a segment.
func (b *BitTorrent) unwanted(sn SN) {
	b.segments.remove(sn)
	b.fetches.rest(sn, b.now+fetchRest)
}

// giveUp lets the caller forget a segment as well.
func (b *BitTorrent) giveUp(s *segment, why Reason) {
	b.act(GiveUp{SN: s.sn, Reason: why})
	b.unwanted(s.sn)
}

// letGo gives up what is merely rare and cannot be had now.
func (b *BitTorrent) letGo(s *segment) {
	b.rareAt = max(b.rareAt, b.now+briefRest)
	b.judge(s.missed)
	b.giveUp(s, Idle)
	if len(s.tried) == 0 {
		b.fetches.rest(s.sn, b.now+briefRest)
	}
}

// lastCall is when the HTTP source must be asked for s to be there in time.
func (b *BitTorrent) lastCall(s *segment) time.Duration {
	return s.playAt - b.http.reserve(s.missing())
}

// urgentAt is from when on s is one of the two segments that are played next.
func (b *BitTorrent) urgentAt(s *segment) time.Duration { return s.playAt - 2*s.duration }

// urgent says that it is so now.
func (b *BitTorrent) urgent(s *segment) bool { return b.now >= b.urgentAt(s) }

// stallsAt is when playback stands still for want of s: when a player waits for
// it, and has nothing left to play but the segment before. Those that fill their
// buffers wait as well, but there is time. Never: nobody waits.
func (b *BitTorrent) stallsAt(s *segment) time.Duration {
	if !s.waiting {
		return Never
	}
	return s.playAt - s.duration
}

// stalls says that playback stands still for want of s.
func (b *BitTorrent) stalls(s *segment) bool { return b.now >= b.stallsAt(s) }

// rare says that s is wanted only if a neighbour has it: nobody waits for it, and
// it is not next to the playhead.
func (b *BitTorrent) rare(s *segment) bool {
	head, ok := b.playhead()
	return ok && !s.waiting && (s.sn < head || s.sn > head+SN(b.cfg.Ahead))
}
