package peer

import (
	"testing"
	"time"

	"hlspeer/hls"
)

func TestRota(t *testing.T) {
	t.Parallel()
	const target = 2 * time.Second
	live := &hls.Playlist{Media: &hls.Media{TargetDuration: target}}
	ended := &hls.Playlist{Media: &hls.Media{TargetDuration: target, Ended: true}}
	type step struct {
		after time.Duration
		said  *hls.Playlist // nil: a failure
		isNew bool
		at    int // the source in use afterwards
	}
	for name, steps := range map[string][]step{
		"nothing is known yet":    {{0, nil, false, 1}, {0, nil, false, 2}, {0, nil, false, 0}, {0, live, true, 0}},
		"fails for two targets":   {{0, live, true, 0}, {3900, nil, false, 0}, {100, nil, false, 1}, {3900, nil, false, 1}, {100, nil, false, 2}},
		"fails and answers again": {{0, live, true, 0}, {3900, nil, false, 0}, {10, live, true, 0}, {3900, nil, false, 0}},
		"does not change":         {{0, live, true, 0}, {5900, live, false, 0}, {100, live, false, 1}, {11_900, live, false, 1}, {100, live, false, 2}},
		"none has news": {
			{0, live, true, 0},
			{6000, live, false, 1},
			{10, live, true, 1},
			{11_900, live, false, 1},
			{100, live, false, 2},
			{10, live, true, 2},
			{23_900, live, false, 2},
			{100, live, false, 0},
			{10, live, true, 0},
			{2000, live, true, 0},
			{5900, live, false, 0},
			{100, live, false, 1},
		},
		"changes now and then":          {{0, live, true, 0}, {5900, live, true, 0}, {5900, live, true, 0}, {5900, live, false, 0}},
		"has ended":                     {{0, ended, true, 0}, {60_000, ended, false, 0}},
		"stays with the one that works": {{0, live, true, 0}, {4000, nil, false, 1}, {10, live, true, 1}, {2000, live, true, 1}, {2000, live, true, 1}},
	} {
		r := rota{sources: []*source{{}, {}, {}}}
		alone := rota{sources: []*source{{}}}
		now := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
		for i, s := range steps {
			now = now.Add(s.after * time.Millisecond)
			before := r.at
			var moved bool
			if s.said == nil {
				moved = r.failed(now)
				alone.failed(now)
			} else {
				moved = r.answered(now, s.said, s.isNew)
				alone.answered(now, s.said, s.isNew)
			}
			if r.at != s.at || moved != (r.at != before) || alone.at != 0 {
				t.Fatalf("%s: at %d after step %d, moved %v, want %d", name, r.at, i, moved, s.at)
			}
		}
	}
}
