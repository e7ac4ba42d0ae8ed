package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hlspeer/peer"
)

// messageText is the fields of a message in short.
func messageText(m *peer.MessageEvent) string {
	if m.Kind == peer.KindAttachments {
		return attachmentsText(m)
	}
	fields := fieldsOf(m.Fields)
	if fields == nil && m.Bytes > 0 {
		return count(int(m.Bytes), "byte")
	}
	var parts []string
	for _, f := range fields {
		switch {
		case f.name == "event", m.Via != peer.ViaLink && slices.Contains(elsewhere, f.name):
		case f.name == "data" && signalText(f.value) != "":
			parts = append(parts, signalText(f.value))
		default:
			parts = append(parts, short(f.name, 24)+"="+fieldText(f))
		}
	}
	return short(strings.Join(parts, " "), 400)
}

// elsewhere are fields of messages to and from servers that a line shows otherwise,
// or that are always the same.
var elsewhere = []string{"action", "channel", "peer_id", "from_peer_id", "to_peer_id", "info_hash"}

// attachmentsText sums up the packets of a segment.
func attachmentsText(m *peer.MessageEvent) string {
	var a struct {
		SN      int64   `json:"sn"`
		Size    int64   `json:"size"`
		Count   int     `json:"count"`
		Bytes   int64   `json:"bytes"`
		Seconds float64 `json:"seconds"`
		Error   string  `json:"error"`
	}
	if json.Unmarshal(m.Fields, &a) != nil {
		return ""
	}
	text := fmt.Sprintf("sn=%d %d bytes in %s, %s", a.SN, a.Bytes, count(a.Count, "packet"), took(a.Seconds))
	if a.Seconds >= 0.001 {
		text += ", " + bitRate(int64(8*float64(a.Bytes)/a.Seconds))
	}
	if a.Error != "" {
		text += fmt.Sprintf("; not all of %d: %s", a.Size, short(a.Error, 100))
	}
	return text
}

// field is one field of a message.
type field struct {
	name  string
	value json.RawMessage
}

// fieldsOf are the fields of an object, in their order; nil: it is none.
func fieldsOf(text json.RawMessage) (out []field) {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	out = []field{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return out
		}
		var f field
		f.name, _ = name.(string)
		if d.Decode(&f.value) != nil {
			return out
		}
		out = append(out, f)
	}
	return out
}

// fieldText is a value in a few words.
func fieldText(f field) string {
	var s string
	if json.Unmarshal(f.value, &s) == nil && f.value[0] == '"' {
		if s == "" || strings.ContainsAny(s, " =") {
			s = `"` + s + `"`
		}
		return short(s, 80)
	}
	if f.value[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(f.value, &list) == nil && len(list) > 8 {
			return fmt.Sprintf("[%s … %s, %d in all]", short(string(list[0]), 40), short(string(list[len(list)-1]), 40), len(list))
		}
	}
	return short(string(f.value), 120)
}

// signalText says what a signal holds; "" where that is not known.
func signalText(value json.RawMessage) string {
	var inner string
	if json.Unmarshal(value, &inner) == nil {
		value = json.RawMessage(inner)
	}
	var s struct {
		Type      string          `json:"type"`
		SDP       string          `json:"sdp"`
		Candidate json.RawMessage `json:"candidate"`
	}
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	if s.SDP != "" {
		text := short(s.Type, 12)
		if list := candidatesOf(s.SDP); len(list) > 0 {
			text += " with " + strings.Join(list, ", ")
		}
		return text
	}
	var nested struct {
		Candidate string `json:"candidate"`
	}
	if json.Unmarshal(s.Candidate, &nested) != nil && json.Unmarshal(s.Candidate, &nested.Candidate) != nil {
		return ""
	}
	if c := candidateText(nested.Candidate); c != "" {
		return "candidate " + c
	}
	return ""
}

// candidatesOf are the candidates of a description.
func candidatesOf(sdp string) (out []string) {
	for line := range strings.Lines(sdp) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "a="); ok {
			if c := candidateText(text); c != "" {
				out = append(out, c)
			}
		}
	}
	return out
}

// candidateText is a candidate as people read it: "host 10.0.0.1:5000"; "" for none.
func candidateText(line string) string {
	f := strings.Fields(line)
	const protocol, address, port, kind = 2, 4, 5, 7
	if len(f) <= kind || !strings.HasPrefix(f[0], "candidate:") {
		return ""
	}
	host := f[address]
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	text := fmt.Sprintf("%s %s:%s", short(f[kind], 8), short(host, 64), short(f[port], 6))
	if !strings.EqualFold(f[protocol], "udp") {
		text += " " + short(f[protocol], 8)
	}
	return text
}
