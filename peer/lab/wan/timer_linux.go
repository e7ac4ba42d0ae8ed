package wan

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timer is a timer of the kernel. Those of Go are true to a millisecond while
// the process is idle; this one wakes the poller like a socket does.
type timer struct {
	fd   int
	file *os.File // owns fd
}

var _ alarm = (*timer)(nil)

func newTimer() (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	return &timer{fd, os.NewFile(uintptr(fd), "timer")}, nil
}

// set implements [alarm]. It must not be called after Close.
func (t *timer) set(after time.Duration) {
	in := unix.NsecToTimespec(max(after, time.Nanosecond).Nanoseconds())
	_ = unix.TimerfdSettime(t.fd, 0, &unix.ItimerSpec{Value: in}, nil) // fails only for bad arguments
}

// run lets a pipe deliver each time the timer goes off, until Close.
func (t *timer) run(p *pipe, clock func() time.Duration) {
	var expired [8]byte
	var buf []packet
	for {
		if _, err := t.file.Read(expired[:]); err != nil {
			return
		}
		buf = p.deliver(buf, clock)
	}
}

func (t *timer) Close() error { return t.file.Close() }
