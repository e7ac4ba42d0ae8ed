package peer

// tell tells those who watch that a link has opened or ended.
func (l *link) tell(event string, cause error) {
	if !l.t.kit.tap.watched() {
		return
	}
	ev := l.t.event(EventLink, string(l.peer))
	ev.Link = &LinkEvent{Event: event, Child: l.child, Cause: causeText(cause)}
	l.t.kit.tap.tell(ev)
}

// tellState tells those who watch of our place at the tracker.
func (t *track) tellState(event string, cause error) {
	if !t.kit.tap.watched() {
		return
	}
	ev := t.event(EventState, "")
	ev.State = &StateEvent{Event: event, Cause: causeText(cause)}
	if event == "joined" {
		ev.State.PeerID = string(t.session.self)
	}
	t.kit.tap.tell(ev)
}

// tellSegment tells those who watch the story of a segment that has ended.
func (t *track) tellSegment(p Provenance) {
	if !t.kit.tap.watched() {
		return
	}
	ev := t.event(EventSegment, string(p.From))
	ev.Segment = &p
	t.kit.tap.tell(ev)
}

func causeText(err error) string {
	if err == nil {
		return ""
	}
	return redactText(err.Error())
}
