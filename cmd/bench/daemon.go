package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// peerBinary builds the program that users have, once, into a folder that goes
// with the run.
func (b *bench) peerBinary(ctx context.Context) (string, error) {
	if b.peer != "" {
		return b.peer, nil
	}
	dir, err := b.folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hlspeer")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "hlspeer/cmd/hlspeer")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building hlspeer: %w: %s", err, out)
	}
	b.peer = path
	return path, nil
}

// folder is for files of this run.
func (b *bench) folder() (string, error) {
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "hlspeer-bench-")
		if err != nil {
			return "", fmt.Errorf("making a folder: %w", err)
		}
		b.dir = dir
	}
	return b.dir, nil
}

// close removes what the run has made.
func (b *bench) close() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// daemon is a process that runs until it is closed.
type daemon struct {
	cmd    *exec.Cmd
	gone   chan struct{} // it has ended
	output tail
}

// launch starts a program that serves; its standard output goes to out.
func launch(cmd *exec.Cmd, out io.Writer) (*daemon, error) {
	d := &daemon{cmd: cmd, gone: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, &d.output
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(cmd.Path), err)
	}
	go func() {
		defer close(d.gone)
		_ = cmd.Wait() // ended by us, or its own words say why not
	}()
	return d, nil
}

// close ends the process and waits for it.
func (d *daemon) close() {
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // unless it has ended
	select {
	case <-d.gone:
	case <-time.After(5 * time.Second):
		_ = d.cmd.Process.Kill()
		<-d.gone
	}
}

// tail keeps the last of what a process says.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-2000):]
	return len(p), nil
}

// startPeer starts `hlspeer peer` and gives the addresses that it prints, by
// kind.
func (b *bench) startPeer(ctx context.Context, args ...string) (*daemon, map[string]string, error) {
	path, err := b.peerBinary(ctx)
	if err != nil {
		return nil, nil, err
	}
	from, to := io.Pipe()
	args = append([]string{"peer", "--json", "--listen", loopbackHost + ":0", "--admin", loopbackHost + ":0"}, args...)
	d, err := launch(exec.Command(path, args...), to)
	if err != nil {
		return nil, nil, err
	}
	addresses := make(chan map[string]string, 1)
	go func() {
		all := map[string]string{}
		for lines := bufio.NewScanner(from); lines.Scan(); {
			_ = json.Unmarshal(lines.Bytes(), &all) // one of its lines is another kind of text
			if all["play"] != "" && all["admin"] != "" {
				addresses <- all
				break
			}
		}
		_, _ = io.Copy(io.Discard, from)
	}()
	go func() { <-d.gone; to.Close() }()
	select {
	case all := <-addresses:
		return d, all, nil
	case <-d.gone:
		return nil, nil, fmt.Errorf("hlspeer peer: %s", strings.TrimSpace(string(d.output.text)))
	case <-time.After(20 * time.Second):
		err = errors.New("hlspeer peer does not start")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	d.close()
	return nil, nil, err
}
