package lab

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestFaults asks for segment 2 of an origin that misbehaves.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fault   Fault
		status  int // 0: no answer
		body    int // bytes before the end, -1: all
		took    time.Duration
		failure error // of the read
	}{
		{name: "none", status: 200, body: -1},
		{name: "status", fault: Fault{Status: 503}, status: 503, body: len("Service Unavailable\n")},
		{name: "delay", fault: Fault{Delay: 3 * time.Second}, status: 200, body: -1, took: 3 * time.Second},
		{name: "delayed status", fault: Fault{Delay: time.Second, Status: 404}, status: 404, body: len("Not Found\n"), took: time.Second},
		{name: "cut", fault: Fault{Cut: 1000}, status: 200, body: 1000, failure: io.ErrUnexpectedEOF},
		{name: "cut at the end", fault: Fault{Cut: 1 << 40}, status: 200, body: -1},
		{name: "hang", fault: Fault{Hang: true}, took: 20 * time.Second},
		{name: "slow", fault: Fault{Rate: 100_000}, status: 200, body: -1, took: 500 * time.Millisecond},
		{name: "cut and hang", fault: Fault{Cut: 5000, Hang: true}, status: 200, body: 5000, took: 20 * time.Second, failure: context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := NewOrigin(OriginConfig{Faults: func(*http.Request) Fault { return tt.fault }})
				client := inMemory(t, o)
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://origin/seg-2.ts", nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := client.Do(request)
				if tt.status == 0 {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("the request ended with %v, want it to hang", err)
					}
					return
				}
				if err != nil {
					t.Fatalf("requesting: %v", err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if !errors.Is(err, tt.failure) {
					t.Errorf("reading ended with %v, want %v", err, tt.failure)
				}
				if response.StatusCode != tt.status {
					t.Errorf("status %d, want %d", response.StatusCode, tt.status)
				}
				want := o.Segment(RenditionMain, 2)
				if tt.body >= 0 && len(body) != tt.body || tt.body < 0 && !bytes.Equal(body, want) {
					t.Errorf("%d bytes of %d", len(body), len(want))
				}
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// TestCutCountsWhatWasSent: a broken answer costs the origin only what it sent.
func TestCutCountsWhatWasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewOrigin(OriginConfig{Faults: func(*http.Request) Fault { return Fault{Cut: 1000} }})
		response, err := inMemory(t, o).Get("http://origin/seg-2.ts")
		if err != nil {
			t.Fatalf("requesting: %v", err)
		}
		defer response.Body.Close()
		if _, err := io.ReadAll(response.Body); err == nil {
			t.Error("the body came whole")
		}
		if got := o.Bytes(); got != 1000 {
			t.Errorf("%d bytes counted, want 1000", got)
		}
	})
}
