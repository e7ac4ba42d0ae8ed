package main

import (
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

// remote is a running process that the debug commands ask over HTTP.
type remote struct {
	base     string        // of its addresses, without a slash at the end
	token    string        // that it wants from other machines; "": none is sent
	patience time.Duration // for each answer
	// hint is what the user may look at after an answer with a status code, or, with
	// 0, after none; "" for nothing.
	hint func(code int) string
}

// ask returns what is answered, at most so many bytes.
func (s remote) ask(ctx context.Context, path string, most int) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	r, err := http.NewRequestWithContext(within, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header = s.header()
	// The header is for this address only.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, s.unreachable(err)
	}
	defer resp.Body.Close()
	path, _, _ = strings.Cut(path, "?")
	if resp.StatusCode != http.StatusOK {
		return nil, s.refusal(path, resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	switch {
	case err != nil:
		return nil, s.unreachable(err)
	case len(text) > most:
		return nil, fmt.Errorf("the answer of %s%s is longer than %d MiB", visible(s.base), path, most>>20)
	}
	return text, nil
}

func (s remote) header() http.Header {
	h := http.Header{}
	if s.token != "" {
		h.Set("Authorization", "Bearer "+s.token)
	}
	return h
}

// tokenHint is what the user may look at who has given a token, or none; "" where the
// code says nothing of tokens.
func (s remote) tokenHint(code int) string {
	if s.token == "" && (code == http.StatusUnauthorized || code == http.StatusForbidden) {
		return "here: --token or --token-file"
	}
	return ""
}

// refusal says in a sentence that the answer is no, with what it says in its
// first line.
func (s remote) refusal(path string, answer *http.Response) error {
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 1024))
	line, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	text := fmt.Sprintf("%s%s answers %d %s", visible(s.base), path, answer.StatusCode, http.StatusText(answer.StatusCode))
	if line != "" && !strings.HasPrefix(line, "<") { // a page for people
		text += ": " + short(line, 300)
	}
	return errors.New(text + s.look(answer.StatusCode))
}

// unreachable says in a sentence why there is no answer.
func (s remote) unreachable(err error) error {
	if isTimeout(err) {
		return fmt.Errorf("%s does not answer within %v", visible(s.base), s.patience)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("%s cannot be reached: %s%s", visible(s.base), visible(err.Error()), s.look(0))
}

// look is the hint as the end of a sentence.
func (s remote) look(code int) string {
	if hint := cmp.Or(s.hint(code), s.tokenHint(code)); hint != "" {
		return " (" + hint + ")"
	}
	return ""
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}
