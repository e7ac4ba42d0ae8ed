package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxChannels is how long a tracker's list of channels may be, bytes.
const maxChannels = 64 << 20

// meshSource is where the mesh of a channel is to be had.
type meshSource struct {
	base     string // of the tracker, without a slash at the end
	channel  string
	token    string // "" for none
	patience time.Duration
}

func (s meshSource) header() http.Header {
	h := http.Header{}
	if s.token != "" {
		h.Set("Authorization", "Bearer "+s.token)
	}
	return h
}

// get asks the tracker over HTTP, and fills answer from the JSON it sends.
func (s meshSource) get(ctx context.Context, path string, answer any) error {
	within, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	r, err := http.NewRequestWithContext(within, http.MethodGet, s.base+path, nil)
	if err != nil {
		return err
	}
	r.Header = s.header()
	// The token is for this address only.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return s.unreachable(err)
	}
	defer resp.Body.Close()
	path, _, _ = strings.Cut(path, "?")
	if resp.StatusCode != http.StatusOK {
		return s.refusal(path, resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxChannels+1))
	switch {
	case err != nil:
		return s.unreachable(err)
	case len(text) > maxChannels:
		return fmt.Errorf("the answer of %s%s is longer than %d MiB", visible(s.base), path, maxChannels>>20)
	case json.Unmarshal(text, answer) != nil:
		return fmt.Errorf("the answer of %s%s is none of a tracker of hlspeer", visible(s.base), path)
	}
	return nil
}

// refusal says in a sentence that the tracker has answered no, with what it says
// in its first line.
func (s meshSource) refusal(path string, answer *http.Response) error {
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 1024))
	line, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	if strings.HasPrefix(line, "<") {
		line = "" // a page for people
	}
	text := fmt.Sprintf("%s%s answers %d %s", visible(s.base), path, answer.StatusCode, http.StatusText(answer.StatusCode))
	if line != "" {
		text += ": " + short(line, 300)
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		if s.token == "" {
			text += " (here: --token or --token-file)"
		}
	case http.StatusNotFound:
		text += " (is it a tracker?)"
	}
	return errors.New(text)
}

// unreachable says in a sentence why there is no answer.
func (s meshSource) unreachable(err error) error {
	if isTimeout(err) {
		return fmt.Errorf("%s does not answer within %v", visible(s.base), s.patience)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("%s cannot be reached: %w", visible(s.base), err)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}
