package mesh

import "testing"

func TestRecord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, requests string // h: hit, m: miss
		misses         int
		poor           bool
	}{
		{"new", "", 0, false},
		{"one miss", "m", 1, false},
		{"two in a row", "hhmm", 2, true},
		{"two apart", "mhm", 2, false},
		{"three of ten", "mhhhmhhhhm", 3, true},
		{"three of eleven", "mhhhmhhhhhm", 2, false},
		{"long ago", "mmhhhhhhhhhhh", 0, false},
	} {
		var r record
		for _, c := range tt.requests {
			if c == 'm' {
				r.miss()
			} else {
				r.hit()
			}
		}
		if r.misses() != tt.misses || r.poor() != tt.poor {
			t.Errorf("%s: %d misses, poor %v; want %d, %v", tt.name, r.misses(), r.poor(), tt.misses, tt.poor)
		}
	}
}
