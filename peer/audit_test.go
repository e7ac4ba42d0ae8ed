package peer

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"hlspeer/hls"
)

// TestPick: samples lie in the part, have the sizes that they should, and reach
// each byte as likely as any other.
func TestPick(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in         extent
		size       int64
		least, top int64 // length of one that is not at an end
	}{
		{extent{0, 1_000_000}, 1_000_000, 4 << 10, 16 << 10},
		{extent{300_000, 400_000}, 1_000_000, 4 << 10, 16 << 10},
		{extent{0, 50_000}, 50_000, 3125, 3125},
		{extent{0, 188}, 188, 188, 188},
		{extent{187, 188}, 188, 1, 1},
		{extent{0, 1}, 1, 1, 1},
	} {
		samples := pick(4000, c.in, c.size)
		first, last := c.in.hi, c.in.lo
		for _, s := range samples {
			n := s.hi - s.lo
			if s.empty() || s.lo < c.in.lo || s.hi > c.in.hi || n > c.top || s.lo > c.in.lo && s.hi < c.in.hi && n < c.least {
				t.Fatalf("%+v: sample %+v", c.in, s)
			}
			first, last = min(first, s.lo), max(last, s.hi)
		}
		if first != c.in.lo || last != c.in.hi {
			t.Errorf("%+v: samples of %d to %d only", c.in, first, last)
		}
	}
	var tenths [10]int
	for _, s := range pick(20_000, extent{0, 1_000_000}, 1_000_000) {
		for i := range tenths {
			if s.meets(extent{int64(i) * 100_000, int64(i+1) * 100_000}) {
				tenths[i]++
			}
		}
	}
	for i, n := range tenths {
		if n < 1900 || n > 2500 {
			t.Errorf("tenth %d of the segment is in %d of 20000 samples", i, n)
		}
	}
}

// TestDiffers: what an audit finds in bytes that may still be arriving.
func TestDiffers(t *testing.T) {
	t.Parallel()
	truth := packets(100)
	at := func(from, to int) hls.Probe {
		return hls.Probe{Offset: int64(from), Bytes: truth[from:to], Total: int64(len(truth))}
	}
	false1 := bytes.Clone(truth)
	false1[5000] ^= 1
	sum, other := sha256.Sum256(truth), sha256.Sum256(false1)
	for name, c := range map[string]struct {
		audit audit
		here  []byte
		size  int64
		at    int64
		yes   bool
	}{
		"right":                {audit{probes: []hls.Probe{at(4000, 6000), at(0, 1)}}, truth, 18800, -1, false},
		"wrong":                {audit{probes: []hls.Probe{at(0, 1), at(4000, 6000)}}, false1, 18800, 5000, true},
		"wrong elsewhere":      {audit{probes: []hls.Probe{at(5001, 6000)}}, false1, 18800, -1, false},
		"not here yet":         {audit{probes: []hls.Probe{at(4000, 6000)}}, false1[:5000], 18800, -1, false},
		"half of it here":      {audit{probes: []hls.Probe{at(4000, 6000)}}, false1[:5500], 18800, 5000, true},
		"nothing here":         {audit{probes: []hls.Probe{at(4000, 6000)}}, nil, -1, -1, false},
		"shorter than it is":   {audit{probes: []hls.Probe{at(0, 188)}}, truth[:18612], 18612, 18612, true},
		"longer than it is":    {audit{probes: []hls.Probe{at(0, 188)}}, append(bytes.Clone(truth), 1), 18801, 18800, true},
		"a size is announced":  {audit{probes: []hls.Probe{at(9000, 9188)}}, truth[:188], 18612, 18612, true},
		"size not told":        {audit{probes: []hls.Probe{{Bytes: truth[:188], Total: -1}}}, truth[:18612], 18612, -1, false},
		"the right digest":     {audit{sum: sum[:], hash: sum[:]}, truth, 18800, -1, false},
		"another digest":       {audit{sum: sum[:], hash: other[:]}, false1, 18800, -1, true},
		"digest not yet there": {audit{sum: sum[:]}, false1, 18800, -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if at, yes := c.audit.differs(c.here, c.size); at != c.at || yes != c.yes {
				t.Errorf("at %d: %v; want at %d: %v", at, yes, c.at, c.yes)
			}
		})
	}
}

// TestCovers: only samples among what peers have brought say anything of it.
func TestCovers(t *testing.T) {
	t.Parallel()
	au := audit{probes: []hls.Probe{{Offset: 100, Bytes: make([]byte, 50)}, {Total: 7}}}
	for part, want := range map[extent]bool{
		{0, 1000}: true, {0, 101}: true, {149, 150}: true, {0, 100}: false, {150, 1000}: false, {}: false,
	} {
		if got := au.covers(part); got != want {
			t.Errorf("%+v: %v", part, got)
		}
	}
	if got := (extent{}).with(extent{5, 9}).with(extent{2, 3}); got != (extent{2, 9}) {
		t.Errorf("%+v", got)
	}
}
