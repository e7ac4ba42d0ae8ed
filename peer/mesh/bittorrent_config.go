package mesh

import (
	"errors"
	"fmt"
	"time"
)

// BitTorrentConfig is what a [BitTorrent] goes by.
type BitTorrentConfig struct {
	// Neighbours is how many links there are at most, open or being opened, 1 to
	// 64.
	Neighbours int
	// Ahead is how many segments behind the playhead's are fetched from wherever
	// they can be had in time, 1 to 64. Further segments come from peers only.
	Ahead int
	// CacheBytes is how much the cache may hold of this stream, 0: not known.
	CacheBytes int64
	// P2PDeadline is the longest time that peers get for one segment that a
	// player waits for; 0: the segment's duration, at most 5 s.
	P2PDeadline time.Duration
	// AnswerTimeout is how long a peer that sends nothing may keep us waiting for
	// the first byte.
	AnswerTimeout time.Duration
	// DialTimeout is the time a link has to open, in either direction
	// (protocol 7.11).
	DialTimeout time.Duration
	// Quarantine is for how long a peer is not linked with after a failure. Each
	// further failure doubles it, up to MaxQuarantine (protocol 7.2).
	Quarantine, MaxQuarantine time.Duration
	// Seed makes the jitter. Our peer id is mixed in.
	Seed uint64
}

// DefaultBitTorrentConfig is what protocol 7.10 recommends.
func DefaultBitTorrentConfig() BitTorrentConfig {
	return BitTorrentConfig{
		Neighbours:    12,
		Ahead:         6,
		AnswerTimeout: 2500 * time.Millisecond,
		DialTimeout:   10 * time.Second,
		Quarantine:    time.Minute,
		MaxQuarantine: time.Hour,
	}
}

// Validate reports every fault at once.
func (c BitTorrentConfig) Validate() error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	require(1 <= c.Neighbours && c.Neighbours <= 64, "neighbours %d: want 1 to 64", c.Neighbours)
	require(1 <= c.Ahead && c.Ahead <= 64, "ahead %d: want 1 to 64", c.Ahead)
	require(c.CacheBytes >= 0, "cache of %d bytes: want 0 or more", c.CacheBytes)
	span := func(name string, d, low time.Duration) {
		require(low <= d && d <= maxTimeout, "%s %v: want %v to %v", name, d, low, maxTimeout)
	}
	span("P2P deadline", c.P2PDeadline, 0)
	span("answer timeout", c.AnswerTimeout, time.Millisecond)
	span("dial timeout", c.DialTimeout, time.Millisecond)
	span("quarantine", c.Quarantine, time.Millisecond)
	span("max quarantine", c.MaxQuarantine, c.Quarantine)
	return errors.Join(faults...)
}
