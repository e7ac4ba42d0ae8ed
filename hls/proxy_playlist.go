package hls

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// playlist answers with the newest text, or the one that a low-latency player
// asks for when the source has it. A source that fails to give that still has
// the newest one.
func (p *Proxy) playlist(w http.ResponseWriter, r *http.Request, v *view, t Track) {
	text, err := t.Playlist(r.Context())
	if err != nil {
		p.refuse(w, r, "no playlist for a player", err)
		return
	}
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	if missing(query, text.query) {
		// The text asks players for the query of its own address, and they refuse
		// it where that has none.
		query = r.URL.Query()
		maps.Copy(query, text.query)
		w.Header().Set("Location", "?"+query.Encode())
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	if d := directives(query, text); len(d) > 0 && r.Method == http.MethodGet {
		if newer, err := p.origin.Reload(v.homely(r).Context(), text, d); err == nil {
			text = newer
		} else if r.Context().Err() == nil {
			p.cfg.Logger.Info("the source did not give the playlist that a player waits for", "path", r.URL.Path, "error", err)
		}
	}
	v.render(text).serve(w, r)
}

// missing says whether something that is wanted is not in a query.
func missing(query, wanted url.Values) bool {
	for name := range wanted {
		if !query.Has(name) {
			return true
		}
	}
	return false
}

// directives are those of a player's query that the source understands.
func directives(query url.Values, p *Playlist) url.Values {
	if p.Media == nil || len(query) == 0 {
		return nil
	}
	out := url.Values{}
	for _, name := range []string{"_HLS_msn", "_HLS_part"} {
		if n, err := strconv.ParseUint(query.Get(name), 10, 53); err == nil && p.Media.Control.CanBlockReload {
			out.Set(name, strconv.FormatUint(n, 10))
		}
	}
	if skip := query.Get("_HLS_skip"); (skip == "YES" || skip == "v2") && p.Media.Control.CanSkipUntil > 0 {
		out.Set("_HLS_skip", skip)
	}
	return out
}
