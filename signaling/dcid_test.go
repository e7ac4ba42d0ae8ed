package signaling

import (
	"strings"
	"testing"
)

// Protocol 10, case 81.
func TestDCIDSplit(t *testing.T) {
	t.Parallel()
	known := func(ids ...PeerID) func(PeerID) bool {
		set := make(map[PeerID]bool)
		for _, id := range ids {
			set[id] = true
		}
		return func(id PeerID) bool { return set[id] }
	}
	tests := []struct {
		name          string
		id            DCID
		known         func(PeerID) bool
		child, parent PeerID
	}{
		{"plain", NewDCID("A", "C"), known("A", "C"), "A", "C"},
		{"hyphens in both", NewDCID("a-1", "c-2"), known("a-1", "c-2", "a", "2"), "a-1", "c-2"},
		{"leading hyphen", NewDCID("-a", "c"), known("-a", "c"), "-a", "c"},
		{"unknown child", "A-C", known("C"), "", ""},
		{"unknown parent", "A-C", known("A"), "", ""},
		{"empty halves", "-", known("", "-"), "", ""},
		{"empty child", "-C", known("", "C"), "", ""},
		{"no hyphen", "AC", known("A", "C", "AC"), "", ""},
		{"itself", "A-A", known("A"), "", ""},
		{"two readings", "a-b-c", known("a", "b-c", "a-b", "c"), "", ""},
		{"nothing but hyphens", DCID(strings.Repeat("-", maxDCID)), known("A"), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			child, parent, ok := tt.id.Split(tt.known)
			if ok != (tt.child != "") {
				t.Errorf("ok is %v", ok)
			}
			if ok && (child != tt.child || parent != tt.parent) {
				t.Errorf("child %q of %q, want %q of %q", child, parent, tt.child, tt.parent)
			}
		})
	}
}
