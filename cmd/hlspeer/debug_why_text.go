package main

import (
	"fmt"
	"strings"

	"hlspeer/peer"
)

// tell puts the story of a segment into sentences.
func (a *whyAnswer) tell(p peer.Provenance) {
	a.Text = append(a.Text, whereFrom(p, a.State), whenCame(p, a.State))
	if len(p.Attempts) == 0 && a.State != whyInFlight {
		a.Text = append(a.Text, "No attempt got as far as asking anybody.")
	}
	for i, s := range p.Attempts {
		if i == len(p.Attempts)/2 && p.Dropped > 0 {
			a.Text = append(a.Text, fmt.Sprintf("   (%s more, not remembered)", count(p.Dropped, "attempt")))
		}
		a.Text = append(a.Text, fmt.Sprintf("%2d. %s", i+1, attemptText(s)))
	}
	if text := auditText(p.Audit); text != "" {
		a.Text = append(a.Text, text)
	}
	if text := whyText(p); text != "" {
		a.Text = append(a.Text, text)
	}
	if advice := advise(p); advice != "" {
		a.Advice = &advice
	}
}

// whereFrom says who brought a segment.
func whereFrom(p peer.Provenance, state string) string {
	from := "peers"
	if p.From != "" {
		from = "peer " + short(string(p.From), maxShown)
	}
	switch {
	case state == whyInFlight:
		return fmt.Sprintf("Segment %d is on its way: %s here, %d of them from peers.", p.SN, bytesOf(p.HTTP+p.P2P), p.P2P)
	case state == whyLost:
		return fmt.Sprintf("Segment %d could not be had: %s", p.SN, reasonText(p.Failed))
	case p.HTTP == 0 && p.P2P > 0:
		return fmt.Sprintf("Segment %d came from %s: %s, %s from the source.", p.SN, from, bytesOf(p.P2P), count(p.Hops, "hop"))
	case p.P2P == 0:
		return fmt.Sprintf("Segment %d came from the HTTP source: %s.", p.SN, bytesOf(p.HTTP))
	}
	return fmt.Sprintf("Segment %d came in parts: %s from %s, %s from the HTTP source.", p.SN, bytesOf(p.P2P), from, bytesOf(p.HTTP))
}

// whenCame says when and how fast.
func whenCame(p peer.Provenance, state string) string {
	at := p.Began.Format("15:04:05.000")
	tries := count(p.Tries, "attempt")
	var text string
	switch state {
	case whyInFlight:
		text = fmt.Sprintf("It was first wanted at %s, %s ago; %s so far.", at, took(p.Took), tries)
	case whyLost:
		text = fmt.Sprintf("It was first wanted at %s and given up after %s and %s.", at, took(p.Took), tries)
	default:
		text = fmt.Sprintf("It was first wanted at %s and complete after %s and %s.", at, took(p.Took), tries)
	}
	if p.Late {
		text += " That was too late: the player was to play it before."
	}
	if p.Wasted > 0 {
		text += fmt.Sprintf(" %d bytes were received and thrown away.", p.Wasted)
	}
	return text
}

// attemptText is one attempt in a line.
func attemptText(s peer.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "After %s ", took(s.Asked))
	if s.Source == "http" {
		b.WriteString("the HTTP source was asked")
	} else {
		fmt.Fprintf(&b, "peer %s was asked", short(string(s.From), maxShown))
	}
	if s.Source == "http" && s.Offset > 0 {
		fmt.Fprintf(&b, " for what is behind byte %d", s.Offset)
	}
	switch {
	case s.First == nil && s.Ended == nil:
		b.WriteString("; nothing has come so far.")
	case s.First == nil:
		fmt.Fprintf(&b, "; nothing came within %s, and %s", took(*s.Ended), outcomeText(s))
	case s.Ended == nil:
		fmt.Fprintf(&b, "; its first byte came after %s, %s so far; it is still at it.", took(*s.First), bytesOf(s.Bytes))
	default:
		fmt.Fprintf(&b, "; its first byte came after %s, and after %s it had brought %s; %s", took(*s.First), took(*s.Ended), bytesOf(s.Bytes), outcomeText(s))
	}
	return b.String()
}

// outcomeText is how an attempt ended.
func outcomeText(s peer.Step) string {
	switch s.Outcome {
	case peer.Complete:
		return "the segment was complete."
	case peer.Tail:
		return "that was the end of the segment."
	case peer.Met:
		return "that was all up to where the HTTP source brought the end."
	case peer.Failed:
		return "it failed: " + reasonText(string(s.Reason))
	case peer.Superseded:
		if s.Reason != "" {
			return "another one took over: " + reasonText(string(s.Reason))
		}
		return "another one took over."
	}
	return short(string(s.Outcome), maxShown) + "."
}

func bytesOf(n int64) string { return count(int(n), "byte") }
