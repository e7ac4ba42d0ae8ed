//go:build !linux

package main

import (
	"errors"
	"net"
	"syscall"
)

func congested(name string) func(network, address string, c syscall.RawConn) error {
	if name == "" {
		return nil
	}
	return func(string, string, syscall.RawConn) error {
		return errors.New("no choice of a congestion control here")
	}
}

func congestionOf(net.Listener) string { return "" }

func congestions() []string { return nil }
