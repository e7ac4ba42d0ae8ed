package lab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	maxPlaylist = 1 << 20  // bytes
	maxBody     = 64 << 20 // bytes of a segment

	firstByteLimit = 10 * time.Second  // from the request to the first byte
	loadLimit      = 120 * time.Second // to the last
)

var (
	errNoFirstByte = errors.New("no first byte in time")
	errSlow        = errors.New("not complete in time")
)

// fetcher makes a viewer's requests, with the limits of a real player.
type fetcher struct{ client *http.Client }

// reply is a body that has arrived whole.
type reply struct {
	body      []byte
	url       *url.URL      // where redirects led
	firstByte time.Duration // since the request
}

// playlist fetches and reads a playlist.
func (f fetcher) playlist(ctx context.Context, address string) (playlist, error) {
	r, err := f.get(ctx, address, "", maxPlaylist)
	if err != nil {
		return playlist{}, err
	}
	return readPlaylist(string(r.body), r.url)
}

// segment fetches a segment.
func (f fetcher) segment(ctx context.Context, e listEntry) (reply, error) {
	return f.get(ctx, e.url, e.part, maxBody)
}

// get fetches a body of 1 to limit bytes, or the part of it that a Range header
// names. Its error names no URL.
func (f fetcher) get(ctx context.Context, address, part string, limit int64) (reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(firstByteLimit, func() { cancel(errNoFirstByte) })
	defer silent.Stop()
	slow := time.AfterFunc(loadLimit, func() { cancel(errSlow) })
	defer slow.Stop()

	r, err := f.read(ctx, address, part, limit, func() { silent.Stop() })
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return reply{}, cause
	}
	return r, err
}

// read does the request and calls begun at the first byte.
func (f fetcher) read(ctx context.Context, address, part string, limit int64, begun func()) (reply, error) {
	began := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return reply{}, errors.New("not a URL")
	}
	want := http.StatusOK
	if part != "" {
		request.Header.Set("Range", part)
		want = http.StatusPartialContent
	}
	response, err := f.client.Do(request)
	if err != nil {
		if with, ok := errors.AsType[*url.Error](err); ok {
			err = with.Err
		}
		return reply{}, fmt.Errorf("requesting: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		return reply{}, fmt.Errorf("answered with status %d", response.StatusCode)
	}
	in := bufio.NewReader(io.LimitReader(response.Body, limit+1))
	if _, err = in.Peek(1); err != nil {
		return reply{}, fmt.Errorf("reading the first byte: %w", err)
	}
	begun()
	r := reply{url: response.Request.URL, firstByte: time.Since(began)}
	var body bytes.Buffer
	body.Grow(int(min(max(response.ContentLength, 0), limit)) + bytes.MinRead)
	if _, err = body.ReadFrom(in); err != nil {
		return reply{}, fmt.Errorf("reading, %d bytes so far: %w", body.Len(), err)
	}
	if int64(body.Len()) > limit {
		return reply{}, fmt.Errorf("more than %d bytes", limit)
	}
	r.body = body.Bytes()
	return r, nil
}
