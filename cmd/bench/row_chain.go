package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hlspeer/peer"
)

const (
	chainLength = 5          // peers; the first has the source as its parent
	chainUplink = 16_000_000 // bit/s: enough for one child, not for two
	chainJoin   = 1200 * time.Millisecond
	chainSettle = 3 * time.Second
	chainTime   = 12 * time.Second
)

func chainRow() row {
	return row{"chain", fmt.Sprintf("segments of 2 MB through a chain of peers, %d Mbit/s from each to the next", int64(chainUplink/1_000_000)), chain}
}

// chain measures how long after its publication a segment is complete at each
// peer of a chain.
func chain(ctx context.Context, b *bench, s *sheet) error {
	source := newAnnouncer()
	st, err := newStage(ctx, loopbackHost, source, plain)
	if err != nil {
		return err
	}
	defer st.close()
	var peers []*actor
	for range chainLength {
		a, err := st.enter(func(c *peer.Config) { c.Upload = chainUplink })
		if err != nil {
			return err
		}
		st.watch(a.play)
		peers = append(peers, a)
		if err := st.pause(chainJoin); err != nil {
			return err
		}
	}
	if err := st.pause(chainSettle); err != nil {
		return err
	}
	first := source.next()
	if err := st.pause(chainTime * time.Duration(b.times(1))); err != nil {
		return err
	}
	h := newHops(source, peers, first, source.next()-2)
	return h.report(s)
}

// hops are times by how many peers a segment has passed.
type hops struct {
	at    [chainLength][]float64 // seconds from publication to complete
	costs []float64              // the last hop over the first, one for each segment
	all   int                    // segments looked at
}

// newHops reads the peers' books for the segments from first to last.
func newHops(source announcer, peers []*actor, first, last int64) hops {
	stories := map[int64][]peer.Provenance{}
	for _, a := range peers {
		for _, p := range a.stories() {
			if sn := int64(p.SN); sn >= first && sn <= last && p.Failed == "" {
				stories[sn] = append(stories[sn], p)
			}
		}
	}
	h := hops{all: int(last - first + 1)}
	for sn, all := range stories {
		slices.SortFunc(all, func(a, b peer.Provenance) int { return a.Hops - b.Hops })
		straight := len(all) == chainLength
		for i, p := range all {
			straight = straight && p.Hops == i && (i == 0 || p.Source == "p2p")
		}
		if !straight {
			continue // somebody got it by another way
		}
		var took [chainLength]float64
		for i, p := range all {
			took[i] = p.Began.Add(time.Duration(p.Took * float64(time.Second))).Sub(source.published(sn)).Seconds()
			h.at[i] = append(h.at[i], took[i])
		}
		h.costs = append(h.costs, took[chainLength-1]/took[1])
	}
	return h
}

func (h hops) report(s *sheet) error {
	if len(h.costs) == 0 {
		return fmt.Errorf("none of %d segments went straight down the chain", h.all)
	}
	s.head = []string{"hops from the source", "complete after, s", "of the first"}
	one := median(h.at[1])
	for i, times := range h.at {
		over := ""
		if i > 0 {
			over = number(median(times) / one)
		}
		name := fmt.Sprint(i)
		if i == 0 {
			name = "0 (from the source itself)"
		}
		s.lines = append(s.lines, []string{name, span(times), over})
		s.value(fmt.Sprintf("chain-hop%d-s", i), median(times))
	}
	const packet = 16 << 10 * 8 / float64(chainUplink)
	s.add(figure{
		key: "hop_cost", what: "time at hop 4 / time at hop 1", rounds: h.costs, atMost: true,
		goal: 1.1 + (chainLength-2)*packet/one,
		ours: number(median(h.at[chainLength-1])) + " s", theirs: number(one) + " s",
	})
	s.note("%d of %d segments went straight down the chain. The limit is 1.1 and the time of one packet for each further hop.", len(h.costs), h.all)
	return nil
}
