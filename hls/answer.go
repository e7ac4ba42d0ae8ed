package hls

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Values of headers that all answers of a kind have. They are shared, so they
// are set without being made again, and nobody may change them.
var (
	anyOrigin      = []string{"*"}
	exposedHeaders = []string{"Content-Length, Content-Range"}
	inBytes        = []string{"bytes"}
	askAgain       = []string{"no-cache"}
)

// cacheable says what is true of all playlists and segments: there are ranges of
// them, and who keeps them asks whether they are still the same.
func cacheable(h http.Header) {
	h["Accept-Ranges"], h["Cache-Control"] = inBytes, askAgain
}

// awaits gives a player its time to read on, from now.
func awaits(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stalledAfter)) // where it can be set
}

// flusher sends each write on its way at once.
type flusher struct{ w http.ResponseWriter }

func (f flusher) Write(p []byte) (int, error) {
	awaits(f.w)
	n, err := f.w.Write(p)
	if err == nil {
		err = http.NewResponseController(f.w).Flush()
	}
	return n, err
}

// refuse answers with the status that err stands for and a reason.
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusBadGateway
	switch {
	case errors.Is(err, ErrUnknownSegment), errors.Is(err, ErrGone):
		code = http.StatusNotFound
	case errors.Is(err, ErrSourceTimeout), errors.Is(err, context.DeadlineExceeded):
		code = http.StatusGatewayTimeout
	}
	deny(w, code, scrub(err.Error()))
}

// deny answers with an error status and a reason in plain text.
func deny(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, reason, code)
}
