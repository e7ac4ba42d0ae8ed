package mesh

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scriptDefault is what a script's engine goes by where it says nothing else.
func scriptDefault() Config {
	c := DefaultConfig()
	c.Standby = false
	return c
}

// Script is the line that begins a script of an engine with this configuration.
func (c Config) Script() string {
	d := scriptDefault()
	var o options
	o.number("substreams", c.Substreams, d.Substreams)
	o.number("children", c.MaxChildren, d.MaxChildren)
	o.number("parents", c.MaxParents, d.MaxParents)
	if c.Uplink != d.Uplink || c.Climb != d.Climb { // an uplink alone makes it climb
		o = append(o, "uplink="+formatRate(c.Uplink), "climb="+digit(c.Climb))
	}
	if c.Standby != d.Standby {
		o = append(o, "standby="+digit(c.Standby))
	}
	o.spans(c.P2PDeadline, d.P2PDeadline, c.AnswerTimeout, d.AnswerTimeout, c.DialTimeout, d.DialTimeout)
	o.span("quarantine", c.Quarantine, d.Quarantine)
	o.span("max-quarantine", c.MaxQuarantine, d.MaxQuarantine)
	o.seed(c.Seed, d.Seed)
	return strings.Join(append([]string{"config"}, o...), " ")
}

// Script is the line that begins a script of an engine with this configuration.
func (c BitTorrentConfig) Script() string {
	d := DefaultBitTorrentConfig()
	var o options
	o.number("neighbours", c.Neighbours, d.Neighbours)
	o.number("ahead", c.Ahead, d.Ahead)
	if c.CacheBytes != d.CacheBytes {
		o = append(o, "cache="+strconv.FormatInt(c.CacheBytes, 10))
	}
	o.spans(c.P2PDeadline, d.P2PDeadline, c.AnswerTimeout, d.AnswerTimeout, c.DialTimeout, d.DialTimeout)
	o.span("quarantine", c.Quarantine, d.Quarantine)
	o.span("max-quarantine", c.MaxQuarantine, d.MaxQuarantine)
	o.seed(c.Seed, d.Seed)
	return strings.Join(append([]string{"config engine=bittorrent"}, o...), " ")
}

// options are the words of such a line; what has its default is left out.
type options []string

func (o *options) number(name string, n, usual int) {
	if n != usual {
		*o = append(*o, name+"="+strconv.Itoa(n))
	}
}

func (o *options) span(name string, d, usual time.Duration) {
	if d != usual {
		*o = append(*o, name+"="+d.String())
	}
}

func (o *options) spans(p2p, usualP2P, answer, usualAnswer, dial, usualDial time.Duration) {
	o.span("p2p", p2p, usualP2P)
	o.span("answer", answer, usualAnswer)
	o.span("dial", dial, usualDial)
}

func (o *options) seed(n, usual uint64) {
	if n != usual {
		*o = append(*o, "seed="+strconv.FormatUint(n, 10))
	}
}

func digit(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// option is one word of such a line that is being read.
type option struct {
	value string
	err   error
}

func (o *option) number() int {
	n, err := strconv.Atoi(o.value)
	o.err = err
	return n
}

func (o *option) span() time.Duration {
	d, err := time.ParseDuration(o.value)
	o.err = err
	return d
}

func (o *option) seed() uint64 {
	n, err := strconv.ParseUint(o.value, 10, 64)
	o.err = err
	return n
}

func (o *option) rate() BitRate {
	r, err := strconv.ParseFloat(o.value, 64)
	o.err = err
	return BitRate(r)
}

// readOptions hands each word to set, which says whether it knows it.
func readOptions(text string, set func(key string, o *option) bool) error {
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		o := option{value: value}
		if !set(key, &o) {
			return fmt.Errorf("config %s: no such option", word)
		}
		if o.err != nil {
			return fmt.Errorf("config %s: %w", word, o.err)
		}
	}
	return nil
}

func scriptConfig(text string) (Config, error) {
	c := scriptDefault()
	err := readOptions(text, func(key string, o *option) bool {
		switch key {
		case "substreams":
			c.Substreams = o.number()
		case "children":
			c.MaxChildren = o.number()
		case "parents":
			c.MaxParents = o.number()
		case "uplink":
			c.Uplink = o.rate()
			c.Climb = c.Uplink > 0
		case "climb":
			c.Climb = o.number() == 1
		case "standby":
			c.Standby = o.number() == 1
		default:
			return readCommon(key, o, &c.P2PDeadline, &c.AnswerTimeout, &c.DialTimeout, &c.Quarantine, &c.MaxQuarantine, &c.Seed)
		}
		return true
	})
	if err != nil {
		return c, err
	}
	return c, c.Validate()
}

func swarmConfig(text string) (BitTorrentConfig, error) {
	c := DefaultBitTorrentConfig()
	err := readOptions(text, func(key string, o *option) bool {
		switch key {
		case "neighbours":
			c.Neighbours = o.number()
		case "ahead":
			c.Ahead = o.number()
		case "cache":
			c.CacheBytes = int64(o.number())
		default:
			return readCommon(key, o, &c.P2PDeadline, &c.AnswerTimeout, &c.DialTimeout, &c.Quarantine, &c.MaxQuarantine, &c.Seed)
		}
		return true
	})
	if err != nil {
		return c, err
	}
	return c, c.Validate()
}

// readCommon reads what both engines have.
func readCommon(key string, o *option, p2p, answer, dial, quarantine, maxQuarantine *time.Duration, seed *uint64) bool {
	switch key {
	case "p2p":
		*p2p = o.span()
	case "answer":
		*answer = o.span()
	case "dial":
		*dial = o.span()
	case "quarantine":
		*quarantine = o.span()
	case "max-quarantine":
		*maxQuarantine = o.span()
	case "seed":
		*seed = o.seed()
	default:
		return false
	}
	return true
}
