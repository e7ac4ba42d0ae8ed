//go:build !linux

package wan

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// Network cannot be had on this system.
type Network struct{}

// New always fails with [ErrUnsupported].
func New() (*Network, error) {
	return nil, fmt.Errorf("%w: this is %s, and they need Linux", ErrUnsupported, runtime.GOOS)
}

// Start always fails with [ErrUnsupported].
func (*Network) Start(context.Context, *exec.Cmd, NodeConfig) (*Node, error) {
	return nil, ErrUnsupported
}

// Close does nothing.
func (*Network) Close() error { return nil }

// Enter does nothing: no process is a node here.
func Enter() error { return nil }
