package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"hlspeer/peer/lab"
)

const (
	vodPath   = "/vod.m3u8" // of a [lab.Origin]
	proxySpan = 700 * time.Millisecond
)

func proxyRow() row {
	return row{"proxy", "a cached segment of 2 MB and a playlist, from hlspeer peer and from nginx", proxy}
}

// exam is one question for both servers.
type exam struct {
	key, what    string
	ours, theirs string // URLs
	conns        int
	goal         float64
	playlist     bool
}

func proxy(ctx context.Context, b *bench, s *sheet) error {
	source := lab.NewOrigin(lab.OriginConfig{BitRate: segmentSize * 8 / 2})
	st, err := newStage(ctx, loopbackHost, source, plain)
	if err != nil {
		return err
	}
	defer st.close()
	ours, addresses, err := b.startPeer(ctx, st.Source+vodPath, "--engine", "none")
	if err != nil {
		return err
	}
	defer ours.close()
	playlist, segment, files, err := visitProxy(ctx, addresses["play"])
	if err != nil {
		return err
	}
	theirs, base, missing := b.startNginx(ctx, files)
	switch {
	case missing == nil:
		defer theirs.close()
	case !errors.Is(missing, errMissing):
		return missing
	}
	exams := []exam{
		{"proxy_vs_nginx_1", "segments, 1 connection, proxy / nginx", segment, base + "/seg.ts", 1, 1, false},
		{"proxy_vs_nginx_8", "segments, 8 connections, proxy / nginx", segment, base + "/seg.ts", 8, 1, false},
		{"proxy_playlists_vs_nginx", "playlists, 8 connections, proxy / nginx", playlist, base + "/vod.m3u8", 8, 0, true},
	}
	s.head = []string{"what", "connections", "hlspeer peer", "nginx"}
	both := figure{key: "proxy_vs_nginx", what: "segments, the lesser of the two ratios below", goal: 1}
	var lines []figure
	for _, e := range exams {
		f, err := e.run(ctx, b, s, missing == nil)
		if err != nil {
			return err
		}
		if lines = append(lines, f); !e.playlist {
			both = lesser(both, f)
		}
	}
	s.figures = append([]figure{both}, lines...)
	if missing != nil {
		s.note("nginx is not installed, so there is nothing to compare with.")
	}
	return nil
}

// lesser keeps what is less, round by round.
func lesser(a, b figure) figure {
	if a.rounds == nil {
		a.rounds = append(a.rounds, b.rounds...)
		return a
	}
	for i := range min(len(a.rounds), len(b.rounds)) {
		a.rounds[i] = min(a.rounds[i], b.rounds[i])
	}
	return a
}

// visitProxy plays a little, so that the first segment is cached, and gives what
// it saw: URLs at the proxy, and the files behind them.
func visitProxy(ctx context.Context, play string) (playlist, segment string, files map[string][]byte, err error) {
	text, err := fetch(ctx, play)
	if err != nil {
		return "", "", nil, err
	}
	base, err := url.Parse(play)
	if err != nil {
		return "", "", nil, fmt.Errorf("reading the address of the proxy: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		at, err := base.Parse(line)
		if err != nil {
			return "", "", nil, fmt.Errorf("reading a playlist: %w", err)
		}
		body, err := fetch(ctx, at.String())
		return play, at.String(), map[string][]byte{"vod.m3u8": text, "seg.ts": body}, err
	}
	return "", "", nil, errors.New("the playlist names no segment")
}

// run asks both servers in turn.
func (e exam) run(ctx context.Context, b *bench, s *sheet, both bool) (figure, error) {
	var ours, theirs []float64
	ask := func(url string, to *[]float64) error {
		bytes, answers, err := load{url, e.conns}.run(ctx, proxySpan)
		n := bytes / 1e6
		if e.playlist {
			n = answers
		}
		*to = append(*to, n)
		return err
	}
	for round := range b.times(4) {
		turns := []func() error{func() error { return ask(e.ours, &ours) }}
		if both {
			turns = append(turns, func() error { return ask(e.theirs, &theirs) })
		}
		for i := range turns {
			if err := turns[(i+round)%len(turns)](); err != nil {
				return figure{}, err
			}
		}
	}
	unit, what := " MB/s", "segments"
	if e.playlist {
		unit, what = " per s", "playlists"
	}
	s.lines = append(s.lines, []string{what, fmt.Sprint(e.conns), span(ours) + unit, strings.TrimPrefix(span(theirs)+unit, "-"+unit)})
	s.value(fmt.Sprintf("proxy-%s-%d", what, e.conns), median(ours))
	return figure{
		key: e.key, what: e.what, goal: e.goal, rounds: ratios(ours, theirs),
		ours: number(median(ours)) + unit, theirs: number(median(theirs)) + unit,
	}, nil
}
