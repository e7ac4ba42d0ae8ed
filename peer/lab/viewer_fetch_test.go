package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestFetch asks a server that misbehaves in ways an origin does not.
func TestFetch(t *testing.T) {
	t.Parallel()
	const limit = 1000
	body := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", n)) }
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    int           // bytes
		err     string        // part of the message; empty: none
		is      error         // what it wraps, if anything
		took    time.Duration // until the answer
	}{
		"at the limit":   {handler: body(limit), want: limit},
		"over the limit": {handler: body(limit + 1), err: "more than 1000 bytes"},
		"empty":          {handler: body(0), err: "first byte"},
		"status":         {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, err: "status 403"},
		"a lie about its length": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "900000000000")
			fmt.Fprint(w, "x")
		}, err: "1 bytes so far"},
		"silence": {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, is: errNoFirstByte, err: "first byte", took: firstByteLimit},
		"too slow": {handler: func(w http.ResponseWriter, r *http.Request) {
			for sleep(r.Context(), time.Second) {
				fmt.Fprint(w, "x")
				_ = http.NewResponseController(w).Flush()
			}
		}, is: errSlow, err: "not complete", took: loadLimit},
		"a redirect to nowhere": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "ftp://origin/?token=secret", http.StatusFound)
		}, err: "requesting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r, err := fetcher{inMemory(t, tt.handler)}.get(t.Context(), "http://origin/a.ts?token=secret", "", limit)
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if tt.err == "" {
					if err != nil || len(r.body) != tt.want {
						t.Errorf("%d bytes and error %v, want %d bytes", len(r.body), err, tt.want)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), tt.err) || tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("error %v, want one with %q", err, tt.err)
				} else if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error tells the token: %v", err)
				}
			})
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := inMemory(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := (fetcher{client}).segment(ctx, listEntry{url: "http://origin/a.ts"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
}
