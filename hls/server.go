package hls

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"time"
)

// NewServer makes an HTTP server for players: requests must come in quickly,
// answers may take as long as the player wants. What the server itself has to
// say goes to the logger of a [Proxy] at debug level, and nowhere for any other
// handler. The caller sets up the listener and shuts the server down.
func NewServer(h http.Handler) *http.Server {
	errors := log.New(io.Discard, "", 0)
	if p, ok := h.(*Proxy); ok {
		errors = slog.NewLogLogger(p.cfg.Logger.Handler(), slog.LevelDebug)
	}
	return &http.Server{
		Handler: h,
		// No ReadTimeout: there are no bodies, see Proxy. No WriteTimeout: a
		// player that pauses reads nothing for minutes.
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          errors,
	}
}
