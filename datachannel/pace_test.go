package datachannel

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		every time.Duration
		n     int
		want  time.Duration // that the last one comes late
	}{
		{"500 at once", 0, 500, 0},
		{"501 at once", 0, 501, time.Second},
		{"2000 at once", 0, 2000, 3 * time.Second},
		{"500 a second for a minute", 2 * time.Millisecond, 30_000, 0},
		{"1000 a second for three", time.Millisecond, 3000, 2 * time.Second},
	} {
		var p pace
		start := time.Unix(1_800_000_000, 0)
		now := start
		for i := range c.n {
			if sent := start.Add(time.Duration(i) * c.every); sent.After(now) {
				now = sent
			}
			now = now.Add(p.delay(now))
		}
		late := now.Sub(start.Add(time.Duration(c.n-1) * c.every))
		if late < c.want || late > c.want+time.Second {
			t.Errorf("%s: the last one comes %v late", c.name, late)
		}
		if c.want == 0 && late != 0 {
			t.Errorf("%s: %v late", c.name, late)
		}
	}
}

// TestReceiveSlowsAFlood: it costs time and nothing else; what is no control
// message is not counted.
func TestReceiveSlowsAFlood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		script []packet
		want   time.Duration
	}{
		{"as fast as may be", txt(`{"event":"HAVE","sn":1}`).n(maxPace), 0},
		{"a flood of HAVE", txt(`{"event":"HAVE","sn":1}`).n(4 * maxPace), 3 * time.Second},
		{"unknown messages count", txt(`{"event":"FOO"}`).n(maxPace + 1), time.Second},
		{"attachments do not", append([]packet{txt(`{"event":"PIECE","attachments":9999,"url":"a","size":9999}`)}, bin(1).n(9999)...), 0},
		{"a flood in a piece", slices.Concat(
			[]packet{txt(`{"event":"PIECE","attachments":2,"url":"a","size":2}`), bin(1)},
			txt(`{"event":"FOO"}`).n(maxPace), []packet{bin(1)}), time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				heard, _, cause := story(DefaultConfig(), c.script)
				if got := time.Since(began); got != c.want {
					t.Errorf("took %v, want %v", got, c.want)
				}
				if c.script[0].data[10] == 'P' && heard[len(heard)-1] != "end: <nil>" {
					t.Errorf("the piece: %s", heard[len(heard)-1])
				}
				if want := "closed by the peer"; fmt.Sprint(cause) != want {
					t.Errorf("closed with %v", cause)
				}
			})
		})
	}
}

// A link that is slowed down still closes at once.
func TestReceiveClosesDuringADelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := scriptedLink(DefaultConfig(), newEar(), &scripted{script: txt(`{"event":"FOO"}`).n(9 * maxPace)})
		began := time.Now()
		time.AfterFunc(100*time.Millisecond, func() { l.Close(errTest) })
		l.receive()
		if got := time.Since(began); got != 100*time.Millisecond {
			t.Errorf("took %v", got)
		}
	})
}
