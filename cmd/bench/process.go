package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"hlspeer/peer/lab/wan"
)

// place is where a process runs; nil stands for this machine's own network.
type place struct {
	network *wan.Network
	config  wan.NodeConfig
}

// process is a copy of this program that plays a role.
type process struct {
	*pen
	role  string
	cmd   *exec.Cmd
	in    io.Closer
	node  *wan.Node // nil on this machine's own network
	mu    sync.Mutex
	route [maxFlows]route // of signals
	notes chan note
	heard chan struct{} // its output has ended
}

// spawn starts a process. It ends when it is closed, or we are.
func (b *bench) spawn(ctx context.Context, role string, at *place) (*process, error) {
	cmd := exec.Command(b.self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = b.errs
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a %s: %w", role, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a %s: %w", role, err)
	}
	p := &process{pen: newPen(in), role: role, cmd: cmd, in: in, notes: make(chan note, 64), heard: make(chan struct{})}
	if at == nil {
		err = cmd.Start()
	} else {
		p.node, err = at.network.Start(ctx, cmd, at.config)
	}
	if cmd.Process != nil {
		go p.hear(out)
	}
	if err != nil {
		if cmd.Process != nil {
			p.close()
		}
		return nil, fmt.Errorf("starting a %s: %w", role, err)
	}
	return p, nil
}

// hear reads what the process says, and passes its signals on.
func (p *process) hear(out io.Reader) {
	defer close(p.heard)
	defer close(p.notes)
	from := json.NewDecoder(out)
	for {
		var n note
		if from.Decode(&n) != nil {
			return
		}
		if n.Kind != kindSignal {
			p.notes <- n
			continue
		}
		p.pass(n)
	}
}

// route says which flow of which process one of ours leads to.
type route struct {
	to   *process
	flow int
}

// pass gives a signal to the process that it is for.
func (p *process) pass(n note) {
	if n.Flow < 0 || n.Flow >= maxFlows {
		return
	}
	p.mu.Lock()
	r := p.route[n.Flow]
	p.mu.Unlock()
	if r.to == nil {
		return
	}
	n.Flow = r.flow
	_ = r.to.write(n) // it may have ended
}

func (p *process) lead(flow int, r route) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.route[flow] = r
}

// connect lets two processes exchange the signals of a flow.
func connect(a *process, flowOfA int, b *process, flowOfB int) {
	a.lead(flowOfA, route{b, flowOfB})
	b.lead(flowOfB, route{a, flowOfA})
}

// expect waits for a note of a kind.
func (p *process) expect(ctx context.Context, kind string, into any) error {
	select {
	case n, ok := <-p.notes:
		err := errors.New("it has ended")
		if ok {
			err = n.read(kind, into)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.role, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a %s to say %q: %w", p.role, kind, context.Cause(ctx))
	}
}

// ask tells something and waits for the answer, a note of the same kind.
func (p *process) ask(ctx context.Context, kind string, v, into any) error {
	if err := p.tell(kind, v); err != nil {
		return err
	}
	return p.expect(ctx, kind, into)
}

// close ends the process and waits for it.
func (p *process) close() {
	p.in.Close()
	kill := time.AfterFunc(2*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	for range p.notes { // what it still says
	}
	<-p.heard
	_ = p.cmd.Wait() // its errors came as notes
}
