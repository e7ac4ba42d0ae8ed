package tracker

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

const anyOrigin = "*"

// origins decides which web pages may use the server (protocol 16.1).
type origins []string

// allows reports whether a page of that origin may connect. Only browsers send
// one.
func (o origins) allows(origin string) bool {
	return origin == "" || slices.ContainsFunc(o, func(allowed string) bool {
		return allowed == anyOrigin || strings.EqualFold(allowed, origin)
	})
}

// header returns what lets the page read an answer.
func (o origins) header(origin string) http.Header {
	h := make(http.Header)
	switch {
	case slices.Contains(o, anyOrigin):
		h.Set("Access-Control-Allow-Origin", anyOrigin)
	case origin != "" && o.allows(origin):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Vary", "Origin")
	default:
		h.Set("Vary", "Origin")
	}
	return h
}

// wrap adds the header to every answer, and answers preflights.
func (o origins) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), o.header(r.Header.Get("Origin")))
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
