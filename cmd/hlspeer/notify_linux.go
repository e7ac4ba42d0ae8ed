package main

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// monotonic is the moment as units with Type=notify-reload want it beside
// RELOADING=1, so that the supervisor knows which of its signals is answered.
func monotonic() []string {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return nil
	}
	return []string{"MONOTONIC_USEC=" + strconv.FormatInt(now.Nano()/1000, 10)}
}
