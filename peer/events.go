package peer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// eventTimeout is how long a watcher may take nothing before it is left.
	eventTimeout = 30 * time.Second
	// eventsAlive is how often a watcher hears something, so that both sides notice
	// that the other has gone.
	eventsAlive = 15 * time.Second
)

// Lost is told a watcher that was too slow, in an event called "lost".
type Lost struct {
	Events int64 `json:"events"` // that it has not got
}

// watchEvents answers with a stream of server-sent events until the client or the
// agent has gone. Parameters restrict it: type, kind, peer, direction, channel.
func (a *Agent) watchEvents(w http.ResponseWriter, r *http.Request) {
	// A page of elsewhere could not read the stream, but take the place of others.
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		http.Error(w, "not for other sites", http.StatusForbidden)
		return
	}
	wants, fault := filterOf(r)
	if fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	who, err := a.kit.tap.watch(wants)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer a.kit.tap.leave(who)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := eventWriter{w, http.NewResponseController(w)}
	if !out.write(": hlspeer\n\n") {
		return
	}
	alive := time.NewTicker(eventsAlive)
	defer alive.Stop()
	for {
		ok := false
		select {
		case <-r.Context().Done():
			return
		case <-alive.C:
			ok = out.write(": still here\n\n")
		case ev, more := <-who.events:
			if !more {
				return
			}
			ok = out.event(ev.Type, ev)
		}
		if n := who.lost.Swap(0); ok && n > 0 {
			ok = out.event("lost", Lost{n})
		}
		if !ok {
			return
		}
	}
}

// filterOf reads what a watcher wants; fault says what is wrong with it.
func filterOf(r *http.Request) (f filter, fault string) {
	q := r.URL.Query()
	list := func(name string) (out []string) {
		for _, v := range q[name] {
			for word := range strings.SplitSeq(v, ",") {
				if word != "" && len(out) < 64 {
					out = append(out, strings.ToLower(word))
				}
			}
		}
		return out
	}
	f = filter{types: list("type"), kinds: list("kind"), channel: q.Get("channel"), peer: q.Get("peer"), direction: q.Get("direction")}
	for _, kind := range f.types {
		switch kind {
		case EventMessage, EventSegment, EventLink, EventState:
		default:
			return f, fmt.Sprintf("type %.20q: want message, segment, link or state", kind)
		}
	}
	switch f.direction {
	case "", DirectionIn, DirectionOut:
		return f, ""
	}
	return f, fmt.Sprintf("direction %.20q: want in or out", f.direction)
}

// eventWriter writes server-sent events; false: the client has gone.
type eventWriter struct {
	w http.ResponseWriter
	c *http.ResponseController
}

// event writes v, which has no line breaks in its JSON.
func (e eventWriter) event(name string, v any) bool {
	text, err := json.Marshal(v)
	return err == nil && e.write("event: "+name+"\ndata: "+string(text)+"\n\n")
}

func (e eventWriter) write(text string) bool {
	_ = e.c.SetWriteDeadline(time.Now().Add(eventTimeout)) // not every connection has one
	if _, err := e.w.Write([]byte(text)); err != nil {
		return false
	}
	return e.c.Flush() == nil
}
