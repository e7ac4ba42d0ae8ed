package peer

import (
	"net/http"
	"strconv"
	"time"
)

// Plans tells what the brains of the playlists have heard and decided; with a
// channel only of those of that name or room, with last only so many steps, with
// since only those since so long ago.
func (a *Agent) Plans(channel string, last int, since time.Duration) ([]Plan, error) {
	out := []Plan{}
	for _, ch := range a.serving() {
		for _, t := range ch.running() {
			room := redact(t.room)
			if channel != "" && channel != ch.name && channel != t.name && channel != room {
				continue
			}
			var c planCopy
			look := func() { c = t.plan.copy(t.now(), t.engineShown()) }
			if !t.query(look) {
				look()
			}
			p, err := c.write(planCut{last, since})
			if err != nil {
				return nil, err
			}
			p.Name, p.Room = t.name, room
			out = append(out, p)
		}
	}
	return out, nil
}

func (a *Agent) plans(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	last, since := 0, time.Duration(0)
	if text := q.Get("last"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			http.Error(w, "last: want a number of steps, 1 or more", http.StatusBadRequest)
			return
		}
		last = n
	}
	if text := q.Get("since"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			http.Error(w, "since: want a time like 30s", http.StatusBadRequest)
			return
		}
		since = d
	}
	plans, err := a.Plans(q.Get("channel"), last, since)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, plans)
}
