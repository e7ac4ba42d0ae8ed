package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// roleVariable makes a process play a role.
const roleVariable = "HLSPEER_BENCH_ROLE"

// roles are what processes can be.
var roles = map[string]func(ctx context.Context, w *wire) error{
	roleSender:   playSender,
	roleReceiver: playReceiver,
	roleRelay:    playRelay,
	roleChildren: playChildren,
	roleStage:    playStage,
	roleActor:    playActor,
}

// wire is a role's line to the program that has started it.
type wire struct {
	*pen
	notes   chan note
	signals [maxFlows]chan json.RawMessage
}

// maxFlows bounds the flows between two processes.
const maxFlows = 16

// play plays a role until the other end of standard input is closed, and
// returns the exit code.
func play(role string) int {
	run, ok := roles[role]
	if !ok {
		fmt.Fprintf(os.Stderr, "bench: there is no role %q\n", role)
		return exitUsage
	}
	w := &wire{pen: newPen(os.Stdout), notes: make(chan note, 64)}
	for i := range w.signals {
		w.signals[i] = make(chan json.RawMessage, 256)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := run(ctx, w); err != nil && ctx.Err() == nil {
			_ = w.tell(kindError, err.Error()) // nobody may be there any more
		}
	}()
	w.hear(json.NewDecoder(os.Stdin))
	cancel()
	select {
	case <-ended:
	case <-time.After(time.Second): // what it holds ends with the process
	}
	return 0
}

// hear takes notes until there are no more.
func (w *wire) hear(from *json.Decoder) {
	for {
		var n note
		if from.Decode(&n) != nil {
			return
		}
		if n.Kind == kindSignal && n.Flow >= 0 && n.Flow < maxFlows {
			w.signals[n.Flow] <- n.Data
			continue
		}
		w.notes <- n
	}
}

// next waits for a note of a kind.
func (w *wire) next(ctx context.Context, kind string, into any) error {
	select {
	case n := <-w.notes:
		return n.read(kind, into)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// line is the part of a wire that carries the signals of one flow.
type line struct {
	w    *wire
	flow int
}

func (l line) send(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing a signal: %w", err)
	}
	return l.w.write(note{Kind: kindSignal, Flow: l.flow, Data: data})
}

func (l line) receive(ctx context.Context, into any) error {
	select {
	case data := <-l.w.signals[l.flow]:
		if err := json.Unmarshal(data, into); err != nil {
			return fmt.Errorf("reading a signal: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a signal: %w", context.Cause(ctx))
	}
}
