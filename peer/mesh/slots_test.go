package mesh

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// table makes slots out of a string such as "AA-B".
func table(s string) slots {
	out := make(slots, len(s))
	for i, r := range s {
		if r != '-' {
			out[i] = PeerID(r)
		}
	}
	return out
}

func (s slots) String() string {
	var b strings.Builder
	for _, p := range s {
		if p == "" {
			p = "-"
		}
		b.WriteString(string(p))
	}
	return b.String()
}

func TestSlotsFill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		before string
		n      int
		after  string
		filled int
	}{
		{"----", 4, "XXXX", 4},
		{"----", 2, "XX--", 2},
		{"A---", 2, "AXX-", 2},
		{"-A--", 2, "-AXX", 2},
		{"-A-B-", 2, "XAXB-", 2}, // no two side by side
		{"A-B-", 9, "AXBX", 2},
		{"AABB", 1, "AABB", 0},
		{"----", 0, "----", 0},
	} {
		s := table(tt.before)
		if n := s.fill("X", tt.n); n != tt.filled || s.String() != tt.after {
			t.Errorf("%s with %d: %s, %d filled; want %s, %d", tt.before, tt.n, s, n, tt.after, tt.filled)
		}
	}
}

func TestSlotsRelease(t *testing.T) {
	t.Parallel()
	s := table("ABBA-")
	s.release("A")
	if s.String() != "-BB--" {
		t.Errorf("got %s", s)
	}
	s.release("nobody")
	if s.count("B") != 2 || s.count("") != 3 {
		t.Errorf("got %s", s)
	}
}

func TestSlotsResize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		before string
		n      int
		after  string
	}{
		{"AAAA", 6, "AAAAAA"},
		{"AAB-", 8, "AAAABB--"},
		{"AABC", 2, "AB"},
		{"ABCD", 3, "ABC"},
		{"A-A-", 1, "A"},
		{"----", 3, "---"},
	} {
		if got := table(tt.before).resize(tt.n); got.String() != tt.after {
			t.Errorf("%s to %d: %s, want %s", tt.before, tt.n, got, tt.after)
		}
	}
}

func TestSlotsParent(t *testing.T) {
	t.Parallel()
	s := table("AB-")
	for sn, want := range map[SN]PeerID{
		0: "A", 1: "B", 2: "", 3: "A", -1: "", -2: "B", -3: "A",
		math.MaxInt64: "B", math.MinInt64: "B",
	} {
		if got := s.parent(sn); got != want {
			t.Errorf("segment %d: %q, want %q", sn, got, want)
		}
	}
	if !slices.Equal(s, table("AB-")) {
		t.Error("asking changes the table")
	}
}

func TestSlotsCut(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "ABA-", 1: "AB--", 2: "-B--", 9: "-B--"} {
		s := table("ABA-")
		if s.cut("A", n); !slices.Equal(s, table(want)) {
			t.Errorf("cut %d: %v, want %s", n, s, want)
		}
	}
}
