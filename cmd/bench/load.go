package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load is a client of an HTTP server with so many connections, each kept alive
// and busy.
type load struct {
	url   string
	conns int
}

// run asks for the URL again and again for a while, and gives the bytes and
// answers per second.
func (l load) run(ctx context.Context, span time.Duration) (bytes, answers float64, err error) {
	transport := &http.Transport{MaxIdleConnsPerHost: l.conns, MaxConnsPerHost: l.conns, DisableCompression: true, ReadBufferSize: 64 << 10}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	timed, cancel := context.WithTimeoutCause(ctx, span, errOver)
	defer cancel()
	var got, done atomic.Int64
	errs := make([]error, l.conns)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range l.conns {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			for timed.Err() == nil {
				if errs[i] = get(timed, client, l.url, buf, &got); errs[i] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(began).Seconds()
	for _, err := range errs {
		if err != nil && !errors.Is(context.Cause(timed), errOver) {
			return 0, 0, err
		}
	}
	return float64(got.Load()) / took, float64(done.Load()) / took, nil
}

var errOver = errors.New("the time is over")

// get makes one request and counts the bytes of its answer as they come.
func get(ctx context.Context, client *http.Client, url string, buf []byte, got *atomic.Int64) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", url, err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", url, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for %s: %s", url, answer.Status)
	}
	for {
		n, err := answer.Body.Read(buf)
		got.Add(int64(n))
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("reading %s: %w", url, err)
		}
	}
}

// fetch is a whole answer.
func fetch(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", url, err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", url, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for %s: %s", url, answer.Status)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", url, err)
	}
	return body, nil
}
