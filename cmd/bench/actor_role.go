package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

const (
	roleStage = "stage" // a source and a tracker on a node
	roleActor = "actor" // an agent with a player on a node

	kindOpen   = "open"   // what a stage or an actor is, answered when it is there
	kindServed = "served" // answered with what the source has sent to whom
	kindStory  = "story"  // answered with where an actor's segments came from
)

// scene says where a stage or an actor is.
type scene struct {
	Host            string // its own address
	Source, Tracker string // of an actor
	Upload          int64  // bit/s
}

// helping is what the source sent of one segment to one address.
type helping struct {
	Client, Path string
	Bytes        int64
}

// tale is what an actor has to tell.
type tale struct {
	Stories   []peer.Provenance
	Stalls    int
	StallTime float64 // seconds
}

// playStage serves a channel and a tracker.
func playStage(ctx context.Context, w *wire) error {
	var at scene
	if err := w.next(ctx, kindOpen, &at); err != nil {
		return err
	}
	source := &accountant{Handler: newAnnouncer(), sent: map[helping]int64{}}
	st, err := newStage(ctx, at.Host, source, plain)
	if err != nil {
		return err
	}
	defer st.close()
	if err := w.tell(kindOpen, scene{Source: st.Source, Tracker: st.Tracker}); err != nil {
		return err
	}
	for {
		if err := w.next(ctx, kindServed, nil); err != nil {
			return err
		}
		if err := w.tell(kindServed, source.helpings()); err != nil {
			return err
		}
	}
}

// playActor watches a channel.
func playActor(ctx context.Context, w *wire) error {
	var at scene
	if err := w.next(ctx, kindOpen, &at); err != nil {
		return err
	}
	st := visit(ctx, at.Host, at.Source, at.Tracker)
	defer st.close()
	a, err := st.enter(func(c *peer.Config) { c.Upload = at.Upload })
	if err != nil {
		return err
	}
	// The player is on the same machine, which the proxy knows as loopback.
	local := visit(st.ctx, loopbackHost, at.Source, at.Tracker)
	defer local.close()
	base, err := local.serve(a.Proxy())
	if err != nil {
		return err
	}
	v := local.watch(base + a.PlayPaths()[0])
	if err := w.tell(kindOpen, nil); err != nil {
		return err
	}
	for {
		if err := w.next(ctx, kindStory, nil); err != nil {
			return err
		}
		if err := w.tell(kindStory, a.tale(v)); err != nil {
			return err
		}
	}
}

func (a *actor) tale(v *lab.Viewer) tale {
	r := v.Report()
	return tale{Stories: a.stories(), Stalls: r.Stalls, StallTime: r.StallTime.Seconds()}
}

// accountant counts what a source sends.
type accountant struct {
	http.Handler
	mu   sync.Mutex
	sent map[helping]int64 // by client and path
}

// ServeHTTP implements [http.Handler].
func (a *accountant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, ".ts") {
		a.Handler.ServeHTTP(w, r)
		return
	}
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	a.Handler.ServeHTTP(&metered{w, a, helping{Client: client, Path: r.URL.Path}}, r)
}

func (a *accountant) helpings() (all []helping) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for h, n := range a.sent {
		h.Bytes = n
		all = append(all, h)
	}
	return all
}

// metered tells an accountant what is written.
type metered struct {
	http.ResponseWriter
	to   *accountant
	what helping
}

// Write counts the body alone: headers are no bytes of a segment.
func (m *metered) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.to.mu.Lock()
	defer m.to.mu.Unlock()
	m.to.sent[m.what] += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (m *metered) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// settleTime is how long a network of agents may take to form.
const settleTime = 30 * time.Second
