package mesh

import "time"

// list is the source's playlist, as far as it matters. The zero value is not
// known yet.
type list struct {
	first, last SN
	duration    time.Duration // of the newest segment
	known       bool
	live        bool // more will come
}

const (
	// noSN is no segment; those that exist are from 0 to maxSN.
	noSN  SN = -1
	maxSN SN = 1<<53 - 1

	// maxListed is how many segments of a list are seen: more than 36 hours.
	maxListed = 1 << 16
	// keptBefore and keptAfter are how far outside our list a peer's word about
	// what it holds is of use: its list may be older or newer.
	keptBefore = 64
	keptAfter  = 1024
)

func (sn SN) exists() bool { return 0 <= sn && sn <= maxSN }

// update takes a version of the playlist. One without segments says nothing.
func (l *list) update(ev Listed) {
	if !ev.First.exists() || !ev.Last.exists() || ev.Last < ev.First {
		return
	}
	first := max(ev.First, ev.Last-maxListed+1)
	*l = list{first: first, last: ev.Last, duration: saneDuration(ev.Duration), known: true, live: ev.Live}
}

// keeps says whether it is of use who holds sn.
func (l list) keeps(sn SN) bool {
	return sn.exists() && (!l.known || l.first-keptBefore <= sn && sn <= l.last+keptAfter)
}
