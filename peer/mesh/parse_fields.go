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

// wait is a time that need not be given.
func (f *fields) wait(key string) time.Duration {
	if !f.has(key) {
		return 0
	}
	return f.span(key)
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

// amount is the same, of bytes.
func (f *fields) amount(key string) int64 {
	if !f.has(key) {
		return 0
	}
	return f.number(key)
}

func (f *fields) peers() (out []PeerID) {
	for f.has("peer") {
		out = append(out, f.peer())
	}
	return out
}

func (f *fields) sns() (out []SN) {
	rest := f.pairs[:0] // in one go: there may be thousands
	for _, p := range f.pairs {
		if p.key != "sn" {
			rest = append(rest, p)
			continue
		}
		n, err := strconv.ParseInt(p.value, 10, 64)
		if err != nil || !p.valued || p.tail != "" {
			f.fail("%s is not a number", p.key)
		}
		out = append(out, SN(n))
	}
	f.pairs = rest
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
