package peer

import (
	"time"

	"hlspeer/hls"
)

const (
	failedFor = 2               // target durations without an answer, after which the next source is asked
	staleFor  = 3               // target durations without news
	openingIn = 4 * time.Second // how long a source may take that has given nothing yet
)

// rota says which of the sources of a playlist is asked: one until it fails,
// then the next, and the first again after the last. It is pure. Not safe for
// concurrent use.
type rota struct {
	sources []*source
	at      int
	target  time.Duration // of the newest playlist; 0 before
	good    time.Time     // when the source last answered, or took over
	news    time.Time     // when that was something new
	first   bool          // it has not answered since it took over
	vain    int           // times that one took over since any had news of its own
}

// maxVain bounds the patience with sources none of which has news: it doubles
// each time, so that their different old lists do not take turns.
const maxVain = 5

func (r *rota) current() *source { return r.sources[r.at] }

// begin gives the source its time: it has not been asked for a while.
func (r *rota) begin(now time.Time) { r.good, r.news = now, now }

// left is how long the source has for an answer.
func (r *rota) left(now time.Time) time.Duration {
	if r.target == 0 {
		return openingIn
	}
	return r.good.Add(failedFor * r.target).Sub(now)
}

// answered takes the source's answer, new or not; it says whether another
// source is to be asked from now on.
func (r *rota) answered(now time.Time, p *hls.Playlist, isNew bool) (moved bool) {
	r.good = now
	if isNew {
		r.news = now
		if !r.first {
			r.vain = 0
		}
	}
	r.first = false
	if p.Media == nil {
		return false
	}
	r.target = p.Media.TargetDuration
	return !p.Media.Ended && now.Sub(r.news) >= staleFor*r.target<<min(r.vain, maxVain) && r.move(now)
}

// failed takes the source's failure and says the same.
func (r *rota) failed(now time.Time) (moved bool) {
	return (r.target == 0 || r.left(now) <= 0) && r.move(now)
}

func (r *rota) move(now time.Time) bool {
	if len(r.sources) < 2 {
		return false
	}
	r.at = (r.at + 1) % len(r.sources)
	r.begin(now)
	r.first, r.vain = true, r.vain+1
	return true
}
