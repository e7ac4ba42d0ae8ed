package main

import (
	"context"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

const (
	roleChildren = "children"

	kindJoin  = "join"  // answered when all have joined
	kindTally = "tally" // answered with what they have got
)

// crowd says where agents that only take go to.
type crowd struct {
	Source, Tracker string
	Count           int
}

// joinEvery is the time between two of a crowd.
const joinEvery = 100 * time.Millisecond

// harvest is what a crowd has got.
type harvest struct {
	HTTP, P2P int64 // bytes
	Linked    int   // agents with a parent
	Stalls    int
}

// playChildren runs agents with a player each.
func playChildren(ctx context.Context, w *wire) error {
	var c crowd
	if err := w.next(ctx, kindJoin, &c); err != nil {
		return err
	}
	st := visit(ctx, loopbackHost, c.Source, c.Tracker)
	defer st.close()
	var agents []*actor
	var viewers []*lab.Viewer
	for range c.Count {
		a, err := st.enter(func(c *peer.Config) { c.Upload = 0 })
		if err != nil {
			return err
		}
		agents, viewers = append(agents, a), append(viewers, st.watch(a.play))
		if err := st.pause(joinEvery); err != nil {
			return err
		}
	}
	if err := w.tell(kindJoin, nil); err != nil {
		return err
	}
	for {
		if err := w.next(ctx, kindTally, nil); err != nil {
			return err
		}
		var h harvest
		for i, a := range agents {
			h.add(a, viewers[i])
		}
		if err := w.tell(kindTally, h); err != nil {
			return err
		}
	}
}

func (h *harvest) add(a *actor, v *lab.Viewer) {
	h.Stalls += v.Report().Stalls
	for _, ch := range a.Status().Channels {
		for _, t := range ch.Tracks {
			h.HTTP += t.Bytes.HTTP
			h.P2P += t.Bytes.P2P
			if len(t.Parents) > 0 {
				h.Linked++
			}
		}
	}
}
