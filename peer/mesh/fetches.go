package mesh

import (
	"maps"
	"time"
)

// fetches are the segments that the caller was told to fetch, until they are
// wanted, and those that are not to be fetched again for a while. There are at
// most maxFetches.
type fetches map[SN]fetching

type fetching struct {
	until time.Duration
	held  bool // not to be fetched until then; else there is no answer yet
}

const (
	// answeredIn is how long a [Fetch] that has no effect is waited for.
	answeredIn = 5 * time.Second
	// fetchRest is how long a segment that could not be had is left alone, and
	// briefRest the same where it was not tried.
	fetchRest = 10 * time.Second
	briefRest = time.Second
	// maxFetches is more than the windows are long.
	maxFetches = 2 * farthest
)

func (f fetches) begin(sn SN, now time.Duration) { f[sn] = fetching{until: now + answeredIn} }

func (f fetches) rest(sn SN, until time.Duration) {
	if _, known := f[sn]; known || len(f) < maxFetches {
		f[sn] = fetching{until: until, held: true}
	}
}

// until is when sn may be fetched; now or before: at once.
func (f fetches) until(sn SN) time.Duration { return f[sn].until }

// pending is how many of those from first to last are not wanted yet.
func (f fetches) pending(first, last SN, now time.Duration) (n int) {
	for sn, k := range f {
		if first <= sn && sn <= last && !k.held && now < k.until {
			n++
		}
	}
	return n
}

// trim forgets what is over, or not from first to last.
func (f fetches) trim(first, last SN, now time.Duration) {
	maps.DeleteFunc(f, func(sn SN, k fetching) bool { return now >= k.until || sn < first || sn > last })
}
