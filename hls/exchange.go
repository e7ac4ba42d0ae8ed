package hls

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// exchange is one request to the source and its answer. It is a reader of the
// answer's body that gives up when nothing comes, but not while its user takes
// time between two reads.
type exchange struct {
	*http.Response
	resource string          // redacted, for errors
	caller   context.Context // whose end is not the source's fault
	ctx      context.Context
	cancel   context.CancelCauseFunc
	began    time.Time
	patience time.Duration
	watchdog *time.Timer
}

// ask sends a request and waits for patience between any two signs of life.
// The exchange must be closed.
func (o *Origin) ask(ctx context.Context, method string, u *url.URL, header http.Header, patience time.Duration) (*exchange, error) {
	x := newExchange(ctx, u, patience, patience)
	if err := x.send(o, method, u, header); err != nil {
		return nil, err
	}
	return x, nil
}

// newExchange is an exchange that waits for its answer from now on, and for
// patience between any two signs of life behind that.
func newExchange(ctx context.Context, u *url.URL, answer, patience time.Duration) *exchange {
	x := &exchange{resource: Redact(u), caller: ctx, began: time.Now(), patience: patience}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	x.watchdog = time.AfterFunc(answer, func() { x.cancel(ErrNoProgress) })
	return x
}

// send sends the request; after an error the exchange is closed.
func (x *exchange) send(o *Origin, method string, u *url.URL, header http.Header) (err error) {
	req := (&http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{"User-Agent": {o.cfg.UserAgent}}}).WithContext(x.ctx)
	o.introduce(req)
	maps.Copy(req.Header, header)
	if x.Response, err = o.client.Do(req); err != nil {
		defer x.close()
		return x.failed(ErrUnreachable, err)
	}
	x.watchdog.Stop()
	return nil
}

// Read reads the body.
func (x *exchange) Read(p []byte) (int, error) {
	x.watchdog.Reset(x.patience)
	n, err := x.Body.Read(p)
	x.watchdog.Stop()
	if err != nil && err != io.EOF {
		err = x.failed(ErrCut, err)
	}
	return n, err
}

func (x *exchange) close() {
	x.watchdog.Stop()
	if x.Response != nil {
		_ = x.Body.Close() // nothing is lost with it
	}
	x.cancel(nil)
}

// failed says what an error of the transport was: the end of the caller's
// context, our own patience, or else kind.
func (x *exchange) failed(kind, err error) error {
	if x.caller.Err() != nil {
		return x.because(nil, context.Cause(x.caller))
	}
	if cause := context.Cause(x.ctx); cause != nil {
		return x.because(nil, cause)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its text repeats the URL
	}
	return x.because(kind, err)
}

// because is an error of this exchange.
func (x *exchange) because(kind, cause error) error {
	return &fetchError{x.resource, kind, cause}
}

// report says of an error which exchange it belongs to, unless it does.
func (x *exchange) report(err error) error {
	var reported *fetchError
	switch {
	case errors.As(err, &reported):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return x.because(ErrCut, err) // inside a content encoding
	default:
		return x.because(nil, err)
	}
}
