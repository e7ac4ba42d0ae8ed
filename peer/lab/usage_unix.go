//go:build unix

package lab

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what the process has used of the machine at some moment.
type usage struct{ cpu time.Duration }

func readUsage() usage {
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) != nil {
		return usage{}
	}
	return usage{cpu: time.Duration(ru.Utime.Nano() + ru.Stime.Nano())}
}

// charge enters what has been used since u was read.
func (u usage) charge(r *Report, elapsed time.Duration) {
	used := (readUsage().cpu - u.cpu).Seconds()
	if gb := float64(r.Bytes.HTTP+r.Bytes.P2P) / 1e9; gb > 0 {
		v := used / gb
		r.CPUPerGB = &v
	}
	if elapsed > 0 {
		v := used / elapsed.Seconds()
		r.CPUCores = &v
	}
	present := int64(0)
	for _, row := range r.Rows {
		if row.Joined && !row.Left {
			present++
		}
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil || present == 0 {
		return
	}
	if fields := strings.Fields(string(statm)); len(fields) > 1 {
		if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			v := pages * int64(os.Getpagesize()) / present
			r.RSSPerPeer = &v
		}
	}
}
