package lab

import (
	"slices"
	"testing"
	"time"

	"hlspeer/peer/mesh"
)

// TestTimeline: moments come by time, and those of the same time as they were
// added; one that is late comes at once.
func TestTimeline(t *testing.T) {
	t.Parallel()
	var q timeline
	var came []int
	note := func(n int) func() { return func() { came = append(came, n) } }
	for i := range 100 {
		q.add(time.Duration(37*i%10), note(10*(37*i%10)))
	}
	q.add(5, func() { q.add(2, note(55)) })
	for q.next(8) {
		continue
	}
	if len(came) != 91 || !slices.IsSorted(came) {
		t.Errorf("%d moments came: %v", len(came), came)
	}
	if q.now != 8 {
		t.Errorf("it is %d at the end, want 8", q.now)
	}
}

// TestAlarm: it rings at the time that was asked for last.
func TestAlarm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		dues []time.Duration
		want []time.Duration
	}{
		{"once", []time.Duration{5}, []time.Duration{5}},
		{"earlier", []time.Duration{5, 3}, []time.Duration{3}},
		{"later", []time.Duration{3, 5}, []time.Duration{5}},
		{"earlier, then later", []time.Duration{7, 3, 7}, []time.Duration{7}},
		{"never", []time.Duration{mesh.Never}, nil},
		{"not any more", []time.Duration{5, mesh.Never}, nil},
		{"after all", []time.Duration{5, mesh.Never, 6}, []time.Duration{6}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(DefaultSimConfig())
			var a alarm
			var rung []time.Duration
			for _, due := range tt.dues {
				w.wake(&a, due, func() { rung = append(rung, w.now()) })
			}
			w.run(time.Second)
			if !slices.Equal(rung, tt.want) {
				t.Errorf("rang at %v, want %v", rung, tt.want)
			}
		})
	}
}
