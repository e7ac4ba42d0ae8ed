//go:build e2e

package main_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	// playFor is how much of a stream is played, and through how much of it a
	// player goes on that meets a fault: one comes every 10 s, shows 6 s
	// later, and something has to be played after that. All that takes longer
	// with longer segments.
	playFor, playThrough = 10 * time.Second, 20 * time.Second
	afterFault           = 8 * time.Second

	patience = 20 * time.Second // beyond what is played

	// A player may stand still for so long in all. VLC's clock has seconds.
	mayPause, mayPauseAtFaults = 3 * time.Second, 5 * time.Second

	rate   = 25   // frames a second, of the film
	enough = 0.85 // of them
)

// A try is one playing.
type try struct {
	player string
	column column
	direct bool
	playback
	began time.Time
	took  time.Duration
	wrong []string // why it is not as it should be
}

// both plays a stream at the follower and at the source, one after the other; of
// a source with a fault there is nothing to compare with.
func (m *matrix) both(t *testing.T, p player, c column) {
	if c.faulty() {
		m.try(t, p, c, false)
		return
	}
	firstDirect := rand.IntN(2) == 0
	m.try(t, p, c, firstDirect)
	m.try(t, p, c, !firstDirect)
}

func (m *matrix) try(t *testing.T, p player, c column, atSource bool) {
	x := &try{player: p.name, column: c, direct: atSource, began: time.Now()}
	url, want := c.play, playFor
	if atSource {
		url = m.src.url(direct+p.name, c.form)
	}
	if c.faulty() {
		want = playThrough * c.slower
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), want+patience, errors.New("it takes too long"))
	defer cancel()
	x.playback = p.play(ctx, t, url, want)
	x.took = time.Since(x.began)
	x.judge(want)
	if f := m.src.faults[c.run]; f != nil && f.between(x.began, x.began.Add(x.took-afterFault*c.slower)) == 0 {
		x.wrong = append(x.wrong, "it met no fault")
	}
	t.Logf("direct=%v: first frame after %v, %d frames, media %v in %v", atSource, x.firstFrame.Round(time.Millisecond), x.frames, x.media, x.took)
	for _, w := range x.wrong {
		t.Errorf("direct=%v: %s", atSource, w)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries = append(m.tries, x)
}

// judge says what is wrong with a playback.
func (x *try) judge(want time.Duration) {
	if x.firstFrame == 0 {
		x.wrong = append(x.wrong, "no frame")
	}
	if n := int(enough * want.Seconds() * rate); x.frames < n {
		x.wrong = append(x.wrong, fmt.Sprintf("%d frames decoded, want %d or more", x.frames, n))
	}
	if least := time.Duration(enough * float64(want)); x.media < least {
		x.wrong = append(x.wrong, fmt.Sprintf("%v of media played, want %v or more", x.media, least))
	}
	lasted := x.lasted // a browser takes its time to start
	if lasted == 0 {
		lasted = x.took
	}
	pause, most := lasted-x.firstFrame-x.media, mayPause
	if x.column.faulty() {
		most = mayPauseAtFaults
	}
	if pause > most {
		x.wrong = append(x.wrong, fmt.Sprintf("it stood still for %v", pause.Round(time.Second/10)))
	}
	x.wrong = append(x.wrong, x.faults...)
}

// of are the tries that ok says, in the order in which they began.
func (m *matrix) of(ok func(*try) bool) []*try {
	m.mu.Lock()
	defer m.mu.Unlock()
	var some []*try
	for _, x := range m.tries {
		if ok(x) {
			some = append(some, x)
		}
	}
	slices.SortFunc(some, func(a, b *try) int { return a.began.Compare(b.began) })
	return some
}
