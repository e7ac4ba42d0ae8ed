package lab

import (
	"testing"
	"time"
)

// window is a live playlist of n segments of the given duration.
func window(first int64, n int, duration, target time.Duration) playlist {
	p := playlist{target: target}
	for i := range int64(n) {
		p.entries = append(p.entries, listEntry{sn: first + i, duration: duration})
	}
	return p
}

func TestStartOf(t *testing.T) {
	t.Parallel()
	ended := window(4, 6, 2*time.Second, 2*time.Second)
	ended.ended = true
	for name, tt := range map[string]struct {
		list playlist
		want int64
	}{
		"third from the end":     {window(10, 6, 2*time.Second, 2*time.Second), 13},
		"target above duration":  {window(10, 6, 2*time.Second, 3*time.Second), 13},
		"much shorter segments":  {window(10, 9, 500*time.Millisecond, time.Second), 15},
		"short window":           {window(10, 2, 2*time.Second, 2*time.Second), 10},
		"one segment":            {window(10, 1, 2*time.Second, 2*time.Second), 10},
		"segments of no length":  {window(10, 6, 0, 2*time.Second), 10},
		"the beginning of a VOD": {ended, 4},
	} {
		if got := startOf(tt.list); got != tt.want {
			t.Errorf("%s: starts at %d, want %d", name, got, tt.want)
		}
	}
}

// TestBufferRunsEmpty: a segment that arrives in the very moment in which the
// buffer runs empty is in time; later is a stall, however often one looks.
func TestBufferRunsEmpty(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		after  time.Duration
		stalls int
		stall  time.Duration
	}{
		{2 * time.Second, 0, 0},
		{2*time.Second + 1, 1, 1},
		{5 * time.Second, 1, 3 * time.Second},
	} {
		p := newPlayback(false, 0)
		p.begin(began)
		p.list(began, window(0, 3, 2*time.Second, 2*time.Second))
		p.arrived(began, ViewedSegment{SN: 0, Duration: 2 * time.Second})
		for at := began; at.Before(began.Add(tt.after)); at = at.Add(300 * time.Millisecond) {
			p.reportAt(at)
		}
		now := began.Add(tt.after)
		late := p.arrived(now, ViewedSegment{SN: 1, Duration: 2 * time.Second})
		r := p.reportAt(now.Add(time.Second))
		if r.Stalls != tt.stalls || r.StallTime != tt.stall || r.Late != tt.stalls || late != (tt.stalls > 0) || r.Buffer != time.Second {
			t.Errorf("after %v: late %v, report %+v", tt.after, late, r)
		}
	}
}

// TestStopEndsPlayback: who has gone misses nothing any more.
func TestStopEndsPlayback(t *testing.T) {
	t.Parallel()
	p := newPlayback(false, 0)
	p.begin(began)
	p.list(began, window(0, 3, 2*time.Second, 2*time.Second))
	p.arrived(began, ViewedSegment{SN: 0, Duration: 2 * time.Second})
	p.stop(began.Add(time.Second))
	before := p.reportAt(began.Add(time.Second))
	if after := p.reportAt(began.Add(time.Hour)); after != before || after.Stalls > 0 || after.Buffer != time.Second {
		t.Errorf("an hour later %+v, when it ended %+v", after, before)
	}
}
