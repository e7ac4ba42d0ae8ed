package peer

import (
	"slices"
	"time"

	"hlspeer/peer/mesh"
)

// Outcome says how an attempt to bring a segment ended.
type Outcome string

// The outcomes of attempts.
const (
	Running    Outcome = "running"    // it is at it
	Complete   Outcome = "complete"   // it brought what was missing, and the segment is right
	Failed     Outcome = "failed"     // see Reason
	Superseded Outcome = "superseded" // another one took its place; see Reason
	Tail       Outcome = "tail"       // it brought the end of the segment, beside another one
	Met        Outcome = "met"        // it brought all up to where the end was there already, or on its way
)

// stepsKept is how many attempts of a segment are remembered: the first and the
// last ones.
const stepsKept = 8

// Step is one attempt to bring a segment.
type Step struct {
	Source  string      `json:"source"`           // "http" or "p2p"
	From    mesh.PeerID `json:"from,omitempty"`   // the peer that was asked
	InHand  int         `json:"in_hand"`          // segments that the peer was asked for just then, this one too
	Offset  int64       `json:"offset_bytes"`     // from where on it was to bring the segment
	Asked   float64     `json:"asked_s"`          // when it was asked, since the segment's Began
	First   *float64    `json:"first_s"`          // from then to its first byte; null: none came
	Last    *float64    `json:"last_s"`           // from then to its newest byte
	Ended   *float64    `json:"ended_s"`          // from then to its end; null: it is running
	Bytes   int64       `json:"bytes"`            // that it brought and others had not
	Outcome Outcome     `json:"outcome"`          //
	Reason  mesh.Reason `json:"reason,omitempty"` // of one that failed, and, where known, that was superseded
}

// note enters the end of an attempt. One that was to wait and has not been
// begun by then is none.
func (f *fill) note(a *attempt, outcome Outcome, why mesh.Reason) {
	now := time.Now()
	if a.noticed || now.Before(a.asked) {
		return
	}
	a.noticed = true
	s := a.step(f.began)
	s.Outcome, s.Reason = outcome, why
	ended := max(0, now.Sub(a.asked).Seconds())
	s.Ended = &ended
	f.story.add(s)
}

// step is the attempt so far, of a segment that began to be brought then.
func (a *attempt) step(began time.Time) Step {
	s := Step{
		Source: "p2p", From: a.from, Offset: a.w.Offset(), Asked: max(0, a.asked.Sub(began).Seconds()),
		InHand: a.inHand, Bytes: a.w.Landed(), Outcome: Running,
	}
	if a.from == "" {
		s.Source = "http"
	}
	if first := a.firstAt.Load(); first > 0 {
		sec, last := time.Duration(first).Seconds(), time.Duration(a.lastAt.Load()).Seconds()
		s.First, s.Last = &sec, &last
	}
	return s
}

// add enters s by when it was asked. Where there are too many, one from the
// middle is dropped.
func (p *Provenance) add(s Step) {
	i := len(p.Attempts)
	for i > 0 && p.Attempts[i-1].Asked > s.Asked {
		i--
	}
	p.Attempts = slices.Insert(p.Attempts, i, s)
	if len(p.Attempts) > stepsKept {
		p.Attempts = slices.Delete(p.Attempts, stepsKept/2, stepsKept/2+1)
		p.Dropped++
	}
}

// blame notes why the attempts of a peer, to which the link is being dropped, come to
// nothing.
func (t *track) blame(peer mesh.PeerID, why mesh.Reason) {
	for _, f := range t.fills {
		if f.try != nil && f.try.from == peer && f.try.fault == "" {
			f.try.fault = why
		}
	}
}

// inHand is how many segments a peer is asked for.
func (t *track) inHand(peer mesh.PeerID) (n int) {
	for _, f := range t.fills {
		if f.try != nil && f.try.from == peer {
			n++
		}
	}
	return n
}

// noteEnd enters the attempt in flight, in whose place comes another one, or
// nothing more.
func (t *track) noteEnd(f *fill) {
	a := f.try
	outcome, why := Superseded, mesh.Reason("")
	switch {
	case a.fault != "":
		outcome, why = Failed, a.fault
	case f.met(), a.until > 0 && f.filler.Segment().Len() >= a.until:
		outcome = Met
	case a.from != "" && t.links[a.from] == nil:
		outcome, why = Failed, mesh.LinkLost
	default:
		why = t.reasonFor(a)
	}
	f.note(a, outcome, why)
	if a.from != "" && why != "" {
		f.story.Why = string(why)
	}
}

// reasonFor is why the brain, which decides just now, has something else do the
// work of a; "" where that is no fault of a's.
func (t *track) reasonFor(a *attempt) mesh.Reason {
	switch ev := t.deciding.(type) {
	case mesh.Tick, mesh.Progress:
		return mesh.TimedOut
	case mesh.Silent:
		if ev.Peer == a.from {
			return mesh.Silence
		}
	case mesh.Failed:
		if ev.SN == mesh.SN(a.sn) && ev.From == a.from {
			return ev.Reason
		}
	}
	return ""
}
