package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// maxChannels is how long a tracker's list of channels may be, bytes.
const maxChannels = 64 << 20

// meshSource is where the mesh of a channel is to be had.
type meshSource struct {
	remote
	channel string
	token   string // "" for none
}

func newMeshSource(base, channel, token string, patience time.Duration) meshSource {
	return meshSource{remote{base, patience, trackerHint(token)}, channel, token}
}

func (s meshSource) header() http.Header {
	h := http.Header{}
	if s.token != "" {
		h.Set("Authorization", "Bearer "+s.token)
	}
	return h
}

// trackerHint is what the user may look at who has given a token, or none.
func trackerHint(token string) func(code int) string {
	return func(code int) string {
		switch {
		case code == http.StatusNotFound:
			return "is it a tracker?"
		case token == "" && (code == http.StatusUnauthorized || code == http.StatusForbidden):
			return "here: --token or --token-file"
		}
		return ""
	}
}

// get asks the tracker over HTTP, and fills answer from the JSON it sends.
func (s meshSource) get(ctx context.Context, path string, answer any) error {
	text, err := s.ask(ctx, path, s.header(), maxChannels)
	if err != nil {
		return err
	}
	if json.Unmarshal(text, answer) != nil {
		path, _, _ = strings.Cut(path, "?")
		return fmt.Errorf("the answer of %s%s is none of a tracker of hlspeer", visible(s.base), path)
	}
	return nil
}
