package datachannel

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// fields holds every known field of every message, undecoded, so that a faulty
// field that a message does not use cannot spoil it.
type fields struct {
	Event       value `json:"event"`
	URL         value `json:"url"`
	SN          value `json:"sn"`
	BitRate     value `json:"br"`
	Urgent      value `json:"urgent"`
	Attachments value `json:"attachments"`
	Size        value `json:"size"`
	Current     value `json:"current"`
	Hops        value `json:"hops"`
	Reason      value `json:"reason"`
	Substreams  value `json:"substreams"`
	UplinkBW    value `json:"ul_bw"`
	TTL         value `json:"TTL"`
	SourceTTL   value `json:"source_TTL"`
	Delay       value `json:"delay"`
	Parents     value `json:"parents"`
	From        value `json:"from_peer_id"`
	To          value `json:"to_peer_id"`
	Field       value `json:"field"`
	Packet      value `json:"packet"`
	Ext         value `json:"ext"`
}

// value is one undecoded JSON value; nil if the field is absent.
type value []byte

// UnmarshalJSON keeps a copy of the raw value.
func (v *value) UnmarshalJSON(raw []byte) error {
	*v = append((*v)[:0], raw...)
	return nil
}

// absent reports whether the field is missing or null.
func (v value) absent() bool { return len(v) == 0 || string(v) == "null" }

// text is the value if it is a string.
func (v value) text() (string, bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(v, &s)
	return s, err == nil
}

// boolean reports whether the value is true, the string "true", or 1.
func (v value) boolean() bool {
	if n, ok := v.float(); ok {
		return n == 1
	}
	return string(v) == "true" || string(v) == `"true"`
}

// float is the value if it is a finite number, or a string that holds one. An
// escaped digit is none: unescaping costs memory for each entry of a list.
func (v value) float() (float64, bool) {
	s := string(v)
	if len(s) > 1 && s[0] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	// ParseFloat alone would also take "inf", hexadecimal and underscores.
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// maxInteger is the largest integer that every JSON implementation keeps exactly.
const maxInteger = 1<<53 - 1

// integer is the value rounded to an integer, if it lies between low and high.
func (v value) integer(low, high int64) (int64, bool) {
	f, ok := v.float()
	if !ok {
		return 0, false
	}
	f = math.Round(f)
	if f < float64(low) || f > float64(high) {
		return 0, false
	}
	return int64(f), true
}

// sn is a sequence number. It is a hint everywhere: what is no whole number from
// 0 to 2^53-1 counts as absent.
func (v value) sn() SN {
	f, ok := v.float()
	if !ok || f < 0 || f > maxInteger || f != math.Trunc(f) {
		return NoSN
	}
	return SN(f)
}

// id is a peer id, which lenient senders write as a number.
func (v value) id() (PeerID, bool) {
	if s, ok := v.text(); ok {
		return PeerID(s), s != "" && len(s) <= maxID
	}
	f, ok := v.float()
	if !ok || math.Abs(f) > maxInteger || f != math.Trunc(f) {
		return "", false
	}
	return PeerID(strconv.FormatInt(int64(f), 10)), true
}

// url is a segment URL; absent gives "".
func (v value) url() (url, reason string) {
	if v.absent() {
		return "", ""
	}
	s, ok := v.text()
	switch {
	case !ok:
		return "", "url is not a string"
	case len(s) > MaxURL:
		return "", "url longer than 2 KiB"
	}
	return s, ""
}
