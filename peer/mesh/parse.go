package mesh

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine is the longest line that [ParseEvent] takes, in bytes.
const maxLine = 64 << 10

// ParseEvent reads a line that [FormatEvent] wrote: an event and the engine's
// time at which it came. It is strict: what it does not know is an error.
func ParseEvent(line string) (now time.Duration, ev Event, err error) {
	now, ev, err = parseEvent(line)
	if err != nil {
		return 0, nil, fmt.Errorf("reading event %.80q: %w", line, err)
	}
	return now, ev, nil
}

func parseEvent(line string) (time.Duration, Event, error) {
	if len(line) > maxLine {
		return 0, nil, errors.New("line too long")
	}
	words, err := split(line)
	if err != nil {
		return 0, nil, err
	}
	if len(words) < 2 || words[0].key[0] != '@' || words[0].valued || words[1].valued {
		return 0, nil, errors.New("want @time and the name of an event")
	}
	now, err := time.ParseDuration(words[0].key[1:])
	if err != nil {
		return 0, nil, fmt.Errorf("time: %w", err)
	}
	f := fields{pairs: words[2:]}
	ev := f.media(words[1].key)
	if ev == nil {
		ev = f.control(words[1].key)
	}
	if ev == nil {
		ev = f.move(words[1].key)
	}
	if ev == nil {
		return 0, nil, fmt.Errorf("no event is called %q", words[1].key)
	}
	return now, ev, f.finish()
}

// media reads the events about segments; nil: name is none of them.
func (f *fields) media(name string) Event {
	switch name {
	case "wanted":
		return Wanted{SN: f.sn(), Duration: f.span("dur"), PlayAt: f.span("play"), Waiting: f.flag("waiting")}
	case "unwanted":
		return Unwanted{SN: f.sn()}
	case "progress":
		return Progress{SN: f.sn(), Bytes: f.number("bytes"), Size: f.number("size")}
	case "arrived":
		return Arrived{SN: f.sn(), From: f.maybe("from"), Bytes: f.number("bytes"), Took: f.span("took")}
	case "failed":
		return Failed{SN: f.sn(), From: f.maybe("from"), Reason: Reason(f.take("why"))}
	case "lacked":
		return Lacked{SN: f.sn(), From: f.maybe("from")}
	case "newest":
		return Newest{From: f.maybe("from"), Theirs: SN(f.number("theirs")), Ours: SN(f.number("ours"))}
	case "asked":
		return Asked{SN: f.sn(), From: f.maybe("from")}
	case "rated":
		return Rated{Stream: f.rate(f.take("stream"))}
	default:
		return nil
	}
}

// control reads the events about links and the scheduler; nil: name is none of
// them.
func (f *fields) control(name string) Event {
	switch name {
	case "tick":
		return Tick{}
	case "entered":
		return Entered{Self: f.maybe("self"), Substreams: f.count("substreams"), Planned: f.flag("planned")}
	case "relay-up":
		return RelayUp{}
	case "offline":
		return Offline{}
	case "barred":
		return Barred{}
	case "offered":
		return Offered{Peer: f.peer()}
	case "unreachable":
		return Unreachable{Peer: f.peer()}
	case "link-up":
		return LinkUp{Peer: f.peer(), Child: f.flag("child")}
	case "link-down":
		return LinkDown{Peer: f.peer(), Failed: f.flag("failed")}
	case "silent":
		return Silent{Peer: f.peer()}
	case "heard":
		return Heard{Peer: f.peer()}
	case "parents":
		return Parents{Nodes: f.nodes()}
	case "connect":
		return Connect{Peer: f.peer()}
	case "disconnect":
		return Disconnect{Peers: f.peers()}
	default:
		return nil
	}
}

// move reads the events that change who is above whom; nil: name is none of
// them.
func (f *fields) move(name string) Event {
	switch name {
	case "adopt":
		return Adopt{Parent: f.id("parent"), Residual: f.rate(f.take("residual"))}
	case "displaced":
		return Displaced{From: f.id("from"), Substreams: f.count("substreams")}
	case "transition-reply":
		return TransitionReply{Success: f.flag("success")}
	case "transition-asked":
		return TransitionAsked{
			From: f.id("from"), Origin: f.id("origin"), Uplink: f.rate(f.take("uplink")),
			TTL: f.int("ttl"), SourceTTL: f.int("source-ttl"),
		}
	case "granted":
		return Granted{
			From: f.id("from"), Granter: f.id("granter"), To: f.id("to"),
			Level: f.int("level"), TTL: f.int("ttl"), Parents: f.grantParents(),
		}
	case "levelled":
		return Levelled{Level: f.int("level")}
	default:
		return nil
	}
}

// pair is one word of a line: a key alone, or with a value. What follows the
// value in the same word is the tail.
type pair struct {
	key, value, tail string
	valued           bool
}

// fields are the pairs of a line that were not read yet, and the first fault.
type fields struct {
	pairs []pair
	err   error
}

func (f *fields) fail(format, key string) {
	if f.err == nil {
		f.err = fmt.Errorf(format, key)
	}
}

// find takes the first pair called key.
func (f *fields) find(key string) (pair, bool) {
	i := slices.IndexFunc(f.pairs, func(p pair) bool { return p.key == key })
	if i < 0 {
		return pair{}, false
	}
	p := f.pairs[i]
	f.pairs = slices.Delete(f.pairs, i, i+1)
	return p, true
}

// finish is the first fault; pairs that nobody asked for are one.
func (f *fields) finish() error {
	if len(f.pairs) > 0 {
		f.fail("%s does not belong here", f.pairs[0].key)
	}
	return f.err
}

// take is the value of key, which must be there.
func (f *fields) take(key string) string {
	p, ok := f.find(key)
	if !ok || !p.valued || p.tail != "" {
		f.fail("%s is missing or has no value", key)
	}
	return p.value
}

func (f *fields) flag(key string) bool {
	p, ok := f.find(key)
	if ok && p.valued {
		f.fail("%s takes no value", key)
	}
	return ok
}

func (f *fields) number(key string) int64 {
	n, err := strconv.ParseInt(f.take(key), 10, 64)
	if err != nil {
		f.fail("%s is not a number", key)
	}
	return n
}

func (f *fields) span(key string) time.Duration {
	d, err := time.ParseDuration(f.take(key))
	if err != nil {
		f.fail("%s is not a time", key)
	}
	return d
}

func (f *fields) rate(s string) BitRate {
	r, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(r, 0) {
		f.fail("%q is not a bit rate", s)
	}
	return BitRate(r)
}

func (f *fields) sn() SN       { return SN(f.number("sn")) }
func (f *fields) peer() PeerID { return f.id("peer") }

func (f *fields) id(key string) PeerID { return PeerID(f.take(key)) }
func (f *fields) int(key string) int   { return int(f.number(key)) }

// has says whether there is a pair called key.
func (f *fields) has(key string) bool {
	return slices.ContainsFunc(f.pairs, func(p pair) bool { return p.key == key })
}

// maybe is a peer that need not be given.
func (f *fields) maybe(key string) PeerID {
	if !f.has(key) {
		return ""
	}
	return PeerID(f.take(key))
}

// count is a number that need not be given.
func (f *fields) count(key string) int {
	if !f.has(key) {
		return 0
	}
	return int(f.number(key))
}

func (f *fields) peers() (out []PeerID) {
	for f.has("peer") {
		out = append(out, f.peer())
	}
	return out
}

func (f *fields) nodes() (out []Candidate) {
	for {
		p, ok := f.find("node")
		if !ok {
			return out
		}
		rate, ok := strings.CutPrefix(p.tail, ":")
		if !ok {
			f.fail("%s has no bit rate", "node")
		}
		out = append(out, Candidate{Peer: PeerID(p.value), Residual: f.rate(rate)})
	}
}

func (f *fields) grantParents() (out []GrantParent) {
	for {
		p, ok := f.find("parent")
		if !ok {
			return out
		}
		n, err := strconv.Atoi(strings.TrimPrefix(p.tail, ":"))
		if err != nil || !strings.HasPrefix(p.tail, ":") {
			f.fail("%s has no number of slots", "parent")
		}
		out = append(out, GrantParent{Peer: PeerID(p.value), Substreams: n})
	}
}

// split takes a line apart.
func split(line string) ([]pair, error) {
	var out []pair
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		var p pair
		var err error
		if p, rest, err = cutPair(rest); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// cutPair takes the first word off s, which is not empty.
func cutPair(s string) (p pair, rest string, err error) {
	i := strings.IndexAny(s, "= \t")
	switch {
	case i < 0:
		return pair{key: s}, "", nil
	case i == 0:
		return pair{}, "", errors.New("value without a key")
	case s[i] != '=':
		return pair{key: s[:i]}, s[i:], nil
	}
	p.key, p.valued, rest = s[:i], true, s[i+1:]
	if strings.HasPrefix(rest, `"`) {
		q, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return pair{}, "", fmt.Errorf("%s: quotes are not closed", p.key)
		}
		p.value, _ = strconv.Unquote(q)
		rest = rest[len(q):]
	} else {
		end := strings.IndexFunc(rest, func(r rune) bool { return !plain(r) })
		if end < 0 {
			end = len(rest)
		}
		p.value, rest = rest[:end], rest[end:]
	}
	end := strings.IndexAny(rest, " \t")
	if end < 0 {
		end = len(rest)
	}
	p.tail, rest = rest[:end], rest[end:]
	return p, rest, nil
}
