package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"hlspeer/peer/lab"
	"hlspeer/signaling/tracker"
)

const (
	rssChildren = 16
	rssBitRate  = 2_500_000
	rssCache    = 16 << 20 // bytes
	rssAllowed  = 30e6     // bytes, beside the cache
	rssTime     = 20 * time.Second
)

func rssRow() row {
	return row{"rss", fmt.Sprintf("memory of hlspeer peer with %d children on a channel of 2.5 Mbit/s", rssChildren), rss}
}

func rss(ctx context.Context, b *bench, s *sheet) error {
	if _, err := peakMemory(os.Getpid()); err != nil {
		return fmt.Errorf("%w: %w", errMissing, err)
	}
	st, err := newStage(ctx, loopbackHost, lab.NewOrigin(lab.OriginConfig{BitRate: rssBitRate}), func(c *tracker.Config) {
		c.Standby = false // children are to have no links among each other
	})
	if err != nil {
		return err
	}
	defer st.close()
	parent, addresses, err := b.startPeer(ctx, st.Source+livePath, "--tracker", st.Tracker, "--engine", "fastmesh",
		"--cache", "16MiB", "--upload", "100Mbps", "--max-children", strconv.Itoa(rssChildren))
	if err != nil {
		return err
	}
	defer parent.close()
	st.watch(addresses["play"])
	if err := st.pause(2 * time.Second); err != nil { // it is to be there first
		return err
	}
	children, err := b.spawn(ctx, roleChildren, nil)
	if err != nil {
		return err
	}
	defer children.close()
	timed, cancel := context.WithTimeout(st.ctx, rssTime+time.Minute)
	defer cancel()
	if err := children.ask(timed, kindJoin, crowd{st.Source, st.Tracker, rssChildren}, nil); err != nil {
		return err
	}
	before, err := linked(timed, st, children)
	if err != nil {
		return err
	}
	if err := st.pause(rssTime * time.Duration(b.times(1))); err != nil {
		return err
	}
	peak, err := peakMemory(parent.cmd.Process.Pid)
	if err != nil {
		return err
	}
	var h harvest
	if err := children.ask(timed, kindTally, nil, &h); err != nil {
		return err
	}
	const mb = 1e6
	s.add(figure{
		key: "rss_mb", what: "peak memory with 16 children, MB", goal: (rssAllowed + rssCache) / mb, atMost: true,
		rounds: []float64{float64(peak) / mb}, ours: number(float64(peak)/mb) + " MB", theirs: "30 MB and the cache of 16 MiB",
	})
	h.HTTP, h.P2P = h.HTTP-before.HTTP, h.P2P-before.P2P
	share := 100 * float64(h.P2P) / float64(max(1, h.P2P+h.HTTP))
	s.value("rss-children-p2p-share", share/100)
	s.value("rss-allowed-mb", (rssAllowed+rssCache)/mb)
	s.note("%d of %d children had it as their parent at the end, and %.0f %% of their bytes came from it; their players stalled %d times.",
		h.Linked, rssChildren, share, h.Stalls)
	return nil
}

// linked waits until all children have a parent: the tracker believes in an
// uplink only when it has been measured.
func linked(ctx context.Context, st *stage, children *process) (h harvest, err error) {
	for range 40 {
		if err := children.ask(ctx, kindTally, nil, &h); err != nil || h.Linked == rssChildren {
			return h, err
		}
		if err := st.pause(500 * time.Millisecond); err != nil {
			return h, err
		}
	}
	return h, fmt.Errorf("only %d of %d children have found a parent", h.Linked, rssChildren)
}

// peakMemory is the most that a process has had in memory, bytes.
func peakMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of a process: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("the system does not tell the peak memory of process %d", pid)
}
