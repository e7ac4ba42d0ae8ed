package peer

import (
	"encoding/binary"
	"hash/fnv"
	"time"
)

// A Group is what segments and players are compared by.
type Group string

// The groups. Channels without P2P are in none.
const (
	GroupP2P  Group = "p2p"      // as ever
	GroupHeld Group = "holdback" // no segment is taken from peers
)

// groups are both.
var groups = []Group{GroupP2P, GroupHeld}

const (
	// holdFor is how long a channel stays in the group that it was drawn into.
	holdFor = 30 * time.Minute
	// holdSettles is how long after a change of the group nothing is compared: what
	// the ring has then was brought in the other one.
	holdSettles = time.Minute
)

// group is the one that a channel, by its name, is in at a time since the agent
// began; all playlists of the channel are. New says that it has just come into it.
func (c *Config) group(channel string, at time.Duration) (g Group, changed bool) {
	n := int64(at / holdFor)
	g = c.draw(channel, n)
	return g, n > 0 && at%holdFor < holdSettles && c.draw(channel, n-1) != g
}

// draw is the group of the n-th stretch of time. The same seed draws the same.
func (c *Config) draw(channel string, n int64) Group {
	h := fnv.New64a()
	_, _ = h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.HoldBackSeed), uint64(n))) // a hash takes all
	_, _ = h.Write([]byte(channel))
	if mixed(h.Sum64()) < c.HoldBack {
		return GroupHeld
	}
	return GroupP2P
}

// mixed makes of a hash a number from 0 to less than 1. It spreads what FNV leaves
// close together, as splitmix64 does.
func mixed(x uint64) float64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// group is the one that the track is in now; changed: just now. It may be called
// from any goroutine.
func (t *track) group() (g Group, changed bool) {
	return t.kit.cfg.group(t.name, time.Since(t.kit.began))
}

// compared is the group that what begins now is counted in; "": none.
func (t *track) compared() Group {
	g, changed := t.group()
	if changed || !t.sharing.Load() {
		return ""
	}
	return g
}
