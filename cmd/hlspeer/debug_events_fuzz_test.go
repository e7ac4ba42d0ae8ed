package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"hlspeer/peer"
)

// FuzzEventStream: whatever a peer streams is read to its end or refused.
func FuzzEventStream(f *testing.F) {
	for _, text := range []string{
		"", ": hlspeer\n\n", "event: message\ndata: {\"type\":\"message\"}\n\n", "event: lost\ndata: {\"events\":3}\n\n",
		"event: lost\ndata: []\n\n", "data: {}\r\ndata: 7\n", "event: message\ndata: {\"at\":\"x\",\"size\":-1e99}\n",
	} {
		f.Add(text)
	}
	var body atomic.Value
	body.Store("")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, body.Load().(string))
	}))
	f.Cleanup(srv.Close)
	source := newPeerSource(srv.URL, "", 10*time.Second)
	f.Fuzz(func(t *testing.T, text string) {
		body.Store(text)
		n := 0
		err := source.events(t.Context(), nil, func(peer.Event) error { n++; return nil }, func(int64) error { return nil })
		if err == nil {
			t.Errorf("a stream that has ended is no error after %d events", n)
		}
	})
}
