package signaling

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxAnswer    = 64 << 10 // bytes of a tracker's answer
	maxRedirects = 3
)

// A trackerError is an answer of a tracker that is no success.
type trackerError struct{ code int }

func (e trackerError) Error() string {
	return fmt.Sprintf("tracker: answered %d %s", e.code, http.StatusText(e.code))
}

// newHTTP returns what requests are made with.
func (s *Swarm) newHTTP() *http.Client {
	c := s.settings
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.DialTimeout)
			defer cancel()
			return s.netDial(ctx, network, addr)
		},
		TLSHandshakeTimeout:    c.DialTimeout,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true, // an answer is short, and its limit is one of memory
		ForceAttemptHTTP2:      true,
	}
	if c.NetDial == nil {
		transport.Proxy = http.ProxyFromEnvironment
	}
	return &http.Client{Transport: transport, CheckRedirect: redirect}
}

// redirect follows a few redirects, unless they would lose a body or secrecy.
func redirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case next.Method != first.Method:
		return errors.New("redirected without the body")
	case first.URL.Scheme == "https" && next.URL.Scheme != "https":
		return errors.New("redirected to where anybody can listen")
	}
	next.Header.Del("Referer") // whose query holds the key
	return nil
}

// request makes a request and returns the answer's JSON object, nil for no body.
// No error holds an address: its query may hold a secret.
func (s *Swarm) request(ctx context.Context, method, address string, body []byte) (value, error) {
	timed, cancel := context.WithTimeout(ctx, s.settings.RequestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(timed, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("tracker: the announce URL cannot be used")
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	s.watchRequest(request.URL, body)
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, s.failure(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, s.failure(err)
	}
	s.watchAnswer(request.URL, text)
	v, err := readAnswer(text)
	switch {
	case answer.StatusCode == http.StatusForbidden:
		return nil, rejection{cmp.Or(v.get("error").str(), "403 Forbidden")}
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return nil, trackerError{answer.StatusCode}
	case err != nil:
		if s.settings.Unreadable != nil {
			s.settings.Unreadable()
		}
		return nil, fmt.Errorf("tracker: answer: %w", err)
	}
	return v, nil
}

// readAnswer reads a JSON object, or nothing.
func readAnswer(text []byte) (value, error) {
	if len(trimSpace(text)) == 0 {
		return nil, nil
	}
	v, err := check(text, maxAnswer)
	if err != nil {
		return nil, err
	}
	if !v.isObject() {
		return nil, fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	return v, nil
}

// failure drops the address from an error, and says in few words that time is up.
func (s *Swarm) failure(err error) error {
	if isTimeout(err) {
		return fmt.Errorf("tracker: no answer in %v", s.settings.RequestTimeout)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err = plain(err); strings.ContainsAny(err.Error(), "?&") {
		return errors.New("tracker: the request failed") // what was wrong is an address that it named
	}
	return fmt.Errorf("tracker: %w", err)
}
