package main

import (
	"fmt"
	"os"
	"testing"

	"hlspeer/peer/lab/wan"
)

// TestMain lets the test binary play the roles, as the program does.
func TestMain(m *testing.M) {
	if err := wan.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	if role, ok := os.LookupEnv(roleVariable); ok {
		os.Exit(play(role))
	}
	os.Exit(m.Run())
}
