//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// isJournal says whether w is the connection to systemd's journal that the
// environment names. The journal keeps the time of each line itself.
func isJournal(w io.Writer) bool {
	named := os.Getenv("JOURNAL_STREAM")
	f, ok := w.(*os.File)
	if named == "" || !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && named == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
