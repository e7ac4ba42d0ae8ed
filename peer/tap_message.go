package peer

import (
	"encoding/json"
	"strings"
	"time"

	"hlspeer/datachannel"
	"hlspeer/signaling"
)

// wireWatch tells the tap what passes over the links.
type wireWatch struct{ tap *tap }

var _ datachannel.Watcher = wireWatch{}

// Text implements [datachannel.Watcher].
func (w wireWatch) Text(h datachannel.Handler, out bool, text []byte) {
	if !w.tap.watched() {
		return
	}
	if l, ok := h.(*link); ok {
		w.tap.tell(l.t.messageEvent(ViaLink, "", string(l.peer), out, text))
	}
}

// Attachments implements [datachannel.Watcher].
func (w wireWatch) Attachments(h datachannel.Handler, out bool, sum datachannel.Attachments) {
	if !w.tap.watched() {
		return
	}
	l, ok := h.(*link)
	if !ok {
		return
	}
	fields := attachmentFields{
		URL: redactText(sum.Piece.URL), SN: int64(sum.Piece.SN), Size: sum.Piece.Size,
		Count: sum.Count, Bytes: sum.Bytes, Seconds: sum.Took.Seconds(),
	}
	if sum.Err != nil {
		fields.Error = redactText(sum.Err.Error())
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return // no such value
	}
	ev := l.t.event(EventMessage, string(l.peer))
	ev.Message = &MessageEvent{Via: ViaLink, Direction: direction(out), Kind: KindAttachments, Bytes: sum.Bytes, Fields: text}
	w.tap.tell(ev)
}

// attachmentFields are the fields of [KindAttachments].
type attachmentFields struct {
	URL     string  `json:"url"`
	SN      int64   `json:"sn"` // -1: not given
	Size    int64   `json:"size"`
	Count   int     `json:"count"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

// watchTracker tells the tap what passes between us and the tracker.
func (t *track) watchTracker(p signaling.Passage) {
	if !t.kit.tap.watched() {
		return
	}
	t.kit.tap.tell(t.messageEvent(string(p.Via), p.Request, "", p.Out, p.Text))
}

// event begins an event of the track.
func (t *track) event(kind, peer string) Event {
	return Event{Type: kind, At: time.Now(), Channel: t.name, Room: redact(t.room), Peer: peer}
}

// messageEvent describes a message, which calls itself by its kind unless that is
// given. A signal names the remote.
func (t *track) messageEvent(via, kind, peer string, out bool, text []byte) Event {
	ev := t.event(EventMessage, peer)
	m := &MessageEvent{Via: via, Direction: direction(out), Kind: kind, Bytes: int64(len(text))}
	ev.Message = m
	var head struct {
		Event  json.RawMessage `json:"event"`
		Action json.RawMessage `json:"action"`
		To     json.RawMessage `json:"to_peer_id"`
		From   json.RawMessage `json:"from_peer_id"`
	}
	fields, ok := redactJSON(text)
	if !ok || json.Unmarshal(text, &head) != nil {
		if m.Kind == "" || len(text) > 0 {
			m.Kind = "unreadable"
		}
		m.Fields = json.RawMessage("null")
		return ev
	}
	m.Fields = fields
	if m.Kind == "" {
		m.Kind = strings.ToLower(textOf(head.Event) + textOf(head.Action))
	}
	if m.Kind = cut(m.Kind, 64); m.Kind == "" {
		m.Kind = "unreadable"
	}
	if via != ViaLink {
		if ev.Peer = textOf(head.From); out {
			ev.Peer = textOf(head.To)
		}
	}
	return ev
}

// textOf is a JSON string, or "".
func textOf(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func direction(out bool) string {
	if out {
		return DirectionOut
	}
	return DirectionIn
}
