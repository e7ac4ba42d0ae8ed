package main

import (
	"time"

	"hlspeer/peer"
)

const (
	topSpan   = time.Minute      // that curves show
	topWindow = 15 * time.Second // that rates are taken over: segments come in bursts
)

// topKey names a counter of a track, or one of a link of it.
type topKey struct {
	channel, room string
	link          string // role and id; "": the track itself
	what          string // source, peers, up; in, out of a link
}

// topPoint is a counter at a time.
type topPoint struct {
	at    time.Time
	bytes int64
}

// topHistory remembers counters of the last minute.
type topHistory struct {
	points map[topKey][]topPoint
	uptime float64
	asked  time.Time // of uptime
}

// add enters an answer; restarted says that the peer began anew since the one
// before, so that nothing of that counts any more.
func (h *topHistory) add(at time.Time, s peer.Status) (restarted bool) {
	restarted = h.points != nil && s.Uptime < h.uptime
	if h.points == nil || restarted {
		h.points = map[topKey][]topPoint{}
	}
	h.uptime, h.asked = s.Uptime, at
	for _, c := range s.Channels {
		for _, t := range c.Tracks {
			k := topKey{channel: c.Name, room: t.Room}
			k.what = "source"
			h.put(k, at, t.Bytes.HTTP)
			k.what = "peers"
			h.put(k, at, t.Bytes.P2P)
			k.what = "up"
			h.put(k, at, t.Bytes.Uploaded)
			for _, l := range topLinks(t) {
				k.link = l.name()
				k.what = "in"
				h.put(k, at, l.Received)
				k.what = "out"
				h.put(k, at, l.Sent)
			}
		}
	}
	h.forget(at)
	return restarted
}

// put enters a counter. One that has fallen began anew: a track that had ended, a
// link that was opened again.
func (h *topHistory) put(k topKey, at time.Time, bytes int64) {
	list := h.points[k]
	if n := len(list); n > 0 && bytes < list[n-1].bytes {
		list = nil
	}
	h.points[k] = append(list, topPoint{at, bytes})
}

// forget drops what is too old, and counters that are no longer told of. One
// point before the minute stays: it is the one that the first second begins from.
func (h *topHistory) forget(now time.Time) {
	for k, list := range h.points {
		if list[len(list)-1].at.Before(now) {
			delete(h.points, k)
			continue
		}
		for len(list) > 1 && now.Sub(list[1].at) > topSpan {
			list = list[1:]
		}
		h.points[k] = list
	}
}

// moved is how many bytes were counted in the span before the newest answer, and
// over which time; less than the span where less is known.
func (h *topHistory) moved(k topKey, span time.Duration) (bytes int64, over time.Duration) {
	list := h.points[k]
	if len(list) < 2 {
		return 0, 0
	}
	newest := list[len(list)-1]
	first := list[0]
	for _, p := range list {
		if newest.at.Sub(p.at) < span {
			break
		}
		first = p
	}
	return newest.bytes - first.bytes, newest.at.Sub(first.at)
}

// rate is in bit/s; ok is false while nothing is known.
func (h *topHistory) rate(k topKey) (bits int64, ok bool) {
	bytes, over := h.moved(k, topWindow)
	if over <= 0 {
		return 0, false
	}
	return int64(8 * float64(bytes) / over.Seconds()), true
}

// curve is the last minute in n equal parts, oldest first, bit/s; -1 where nothing
// is known.
func (h *topHistory) curve(k topKey, n int) []float64 {
	curve := make([]float64, n)
	list := h.points[k]
	step := topSpan / time.Duration(n)
	for i := range curve {
		curve[i] = -1
		from := h.asked.Add(-topSpan + time.Duration(i)*step)
		if len(list) < 2 || !from.Add(step).After(list[0].at) {
			continue
		}
		curve[i] = 8 * (bytesAt(list, from.Add(step)) - bytesAt(list, from)) / step.Seconds()
	}
	return curve
}

// bytesAt is the counter at a time between two answers, as if it grew evenly.
func bytesAt(list []topPoint, at time.Time) float64 {
	before := list[0]
	for _, p := range list {
		if !p.at.Before(at) {
			if over := p.at.Sub(before.at); over > 0 && at.After(before.at) {
				return float64(before.bytes) + float64(p.bytes-before.bytes)*float64(at.Sub(before.at))/float64(over)
			}
			return float64(before.bytes)
		}
		before = p
	}
	return float64(before.bytes)
}
