//go:build !unix

package main

import "io"

// isJournal is for systemd.
func isJournal(io.Writer) bool { return false }
