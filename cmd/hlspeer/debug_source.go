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
}

func newMeshSource(base, channel, token string, patience time.Duration) meshSource {
	return meshSource{remote{base, token, patience, trackerHint}, channel}
}

// trackerHint is what the user may look at.
func trackerHint(code int) string {
	if code == http.StatusNotFound {
		return "is it a tracker?"
	}
	return ""
}

// get asks the tracker over HTTP, and fills answer from the JSON it sends.
func (s meshSource) get(ctx context.Context, path string, answer any) error {
	text, err := s.ask(ctx, path, maxChannels)
	if err != nil {
		return err
	}
	if json.Unmarshal(text, answer) != nil {
		path, _, _ = strings.Cut(path, "?")
		return fmt.Errorf("the answer of %s%s is none of a tracker of hlspeer", visible(s.base), path)
	}
	return nil
}
