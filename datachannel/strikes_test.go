package datachannel

import (
	"testing"
	"time"
)

func TestStrikes(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name  string
		every time.Duration
		n     int
		want  bool
	}{
		{"ten at once", 0, 10, false},
		{"eleven at once", 0, 11, true},
		{"eleven within a minute", 5900 * time.Millisecond, 11, true},
		{"eleven in a minute", 6 * time.Second, 11, false},
		{"one each ten seconds for an hour", 10 * time.Second, 360, false},
	} {
		var s strikes
		got := false
		for i := range c.n {
			got = s.add(start.Add(time.Duration(i) * c.every))
		}
		if got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}
