package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hlspeer/peer"
)

// maxEvent is how long a line of a stream of events may be, bytes.
const maxEvent = 1 << 20

// errStreamEnded says that the peer has ended the stream.
var errStreamEnded = errors.New("the peer has ended")

// events hands on what happens in a running peer until ctx ends, which is no
// error. lost is called with how many events we were too slow for.
func (s peerSource) events(ctx context.Context, wants url.Values, each func(peer.Event) error, lost func(n int64) error) error {
	const path = "/api/v1/events"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path+"?"+wants.Encode(), nil)
	if err != nil {
		return err
	}
	r.Header = s.header()
	overdue := time.AfterFunc(s.patience, cancel)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if late := !overdue.Stop(); late && err != nil {
		return fmt.Errorf("%s does not answer within %v", visible(s.base), s.patience)
	}
	if err != nil {
		return s.unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return s.refusal(path, resp)
	}
	if kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); kind != "text/event-stream" {
		return fmt.Errorf("the answer of %s%s is none of a peer of hlspeer", visible(s.base), path)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	name := ""
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = text
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if err := s.event(name, data, each, lost); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case ctx.Err() != nil:
		return nil
	case err == nil:
		return errStreamEnded
	default:
		return s.unreachable(err)
	}
}

// event hands on one event.
func (s peerSource) event(name, data string, each func(peer.Event) error, lost func(n int64) error) error {
	if name == "lost" {
		var l peer.Lost
		if json.Unmarshal([]byte(data), &l) != nil {
			return s.otherVersion("/api/v1/events")
		}
		return lost(l.Events)
	}
	var ev peer.Event
	if json.Unmarshal([]byte(data), &ev) != nil {
		return s.otherVersion("/api/v1/events")
	}
	return each(ev)
}
