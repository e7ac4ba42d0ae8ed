package lab

import (
	"context"
	"net/http"
	"time"
)

// Fault is how an [Origin] misbehaves on one request; the zero value is a
// faithful answer.
type Fault struct {
	// Delay passes before anything else happens.
	Delay time.Duration
	// Status is answered in place of the content.
	Status int
	// Body, if not nil, is answered in place of the content, as HTML and with
	// status 200.
	Body []byte
	// Cut is the number of body bytes after which the connection is broken, or
	// falls silent with Hang. Zero: no cut.
	Cut int64
	// Hang sends nothing, or nothing more after Cut bytes, until the client
	// goes away.
	Hang bool
	// Rate is how fast the body is sent, bytes/s; 0: at once. Not together with Cut.
	Rate int64
}

// begin does what comes before the content and says whether content follows.
func (f Fault) begin(w http.ResponseWriter, r *http.Request) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return false
		}
	}
	if f.Status != 0 {
		http.Error(w, http.StatusText(f.Status), f.Status)
		return false
	}
	if f.Body != nil {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(f.Body) // the client has gone: nothing is left to be done
		return false
	}
	if f.Hang && f.Cut == 0 {
		<-r.Context().Done()
		return false
	}
	return true
}

// wrap is w with the cut, if there is to be one.
func (f Fault) wrap(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	switch {
	case f.Cut <= 0 && f.Rate > 0:
		return &dripper{ResponseWriter: w, rate: f.Rate, gone: r.Context()}
	case f.Cut <= 0:
		return w
	}
	return &cutter{ResponseWriter: w, left: f.Cut, hang: f.Hang, gone: r.Context().Done()}
}

// cutter lets left bytes of a body through.
type cutter struct {
	http.ResponseWriter
	left int64
	hang bool
	gone <-chan struct{}
}

// Write does not return from the write that reaches the limit: net/http breaks
// the connection when the handler panics in this way.
func (c *cutter) Write(b []byte) (int, error) {
	if int64(len(b)) < c.left {
		n, err := c.ResponseWriter.Write(b)
		c.left -= int64(n)
		return n, err
	}
	_, err := c.ResponseWriter.Write(b[:c.left])
	if err == nil {
		err = http.NewResponseController(c.ResponseWriter).Flush()
	}
	if err == nil && c.hang {
		<-c.gone
	}
	panic(http.ErrAbortHandler)
}

// dripper sends a body at a rate.
type dripper struct {
	http.ResponseWriter
	rate int64
	gone context.Context
}

// dripEvery is the time between two parts of a slow body.
const dripEvery = 50 * time.Millisecond

func (d *dripper) Write(b []byte) (sent int, err error) {
	part := max(1, int(d.rate*int64(dripEvery)/int64(time.Second)))
	for sent < len(b) && err == nil {
		var n int
		n, err = d.ResponseWriter.Write(b[sent:min(len(b), sent+part)])
		sent += n
		if err == nil {
			err = http.NewResponseController(d.ResponseWriter).Flush()
		}
		if err == nil && !sleep(d.gone, dripEvery) {
			err = context.Cause(d.gone)
		}
	}
	return sent, err
}
