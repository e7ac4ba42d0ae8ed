package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// statusEvery is the time between two words to a supervisor that does not
	// watch, and the longest one to one that does.
	statusEvery = 10 * time.Second
	// tellWithin is how long a supervisor may leave its socket full.
	tellWithin = time.Second
)

// supervisor is the service manager that started the process and wants to hear
// how it is doing, in the manner of sd_notify(3). nil: there is none. Its methods
// may be called by any goroutine.
type supervisor struct {
	socket   *net.UnixAddr
	watching bool          // it ends a process that it does not hear of
	every    time.Duration // between two words
	log      *slog.Logger
}

// takeSupervisor learns from the environment whether there is a supervisor, and
// takes that away: what programs that we start say is not for it.
func takeSupervisor(log *slog.Logger) *supervisor {
	socket, usec, pid := os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name) // the names are valid
	}
	if socket == "" {
		return nil
	}
	// A name that begins with @ is one of Linux's abstract ones, for Go as well.
	s := &supervisor{socket: &net.UnixAddr{Name: socket, Net: "unixgram"}, every: statusEvery, log: log}
	limit, err := strconv.ParseInt(usec, 10, 64)
	if err == nil && limit > 1 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.watching, s.every = true, min(statusEvery, time.Duration(limit)*time.Microsecond/2)
	}
	return s
}

// tell sends lines such as READY=1. What cannot be told is logged: a supervisor
// that does not hear ends the process sooner or later.
func (s *supervisor) tell(lines ...string) {
	conn, err := net.DialUnix(s.socket.Net, nil, s.socket)
	if err == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(tellWithin)) // it is open
		_, err = conn.Write([]byte(strings.Join(lines, "\n")))
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		s.log.Warn("the service manager does not hear", "error", err)
	}
}

// reloading tells that settings are being read again, until done is called.
func (s *supervisor) reloading() (done func()) {
	if s == nil {
		return func() {}
	}
	s.tell(append([]string{"RELOADING=1"}, monotonic()...)...)
	return func() { s.tell("READY=1") }
}

// activity says in a line what the process is doing. An answer is a sign of life
// of all its parts.
type activity func(context.Context) (string, error)

// run tells that the process serves, that it is alive as long as look answers, and
// when ctx ends that it stops.
func (s *supervisor) run(ctx context.Context, look activity) error {
	if s == nil {
		return nil
	}
	s.tell("READY=1", "STATUS=serving")
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for asked := (chan answer)(nil); ; {
		select {
		case <-ctx.Done():
			s.tell("STOPPING=1", "STATUS=saying good-bye")
			return nil
		case a := <-asked:
			if asked = nil; ctx.Err() == nil { // what ends need not answer
				s.pass(a)
			}
		case <-tick.C:
			if asked != nil { // one question is enough
				s.log.Warn("a part of this process does not answer", "for", s.every.String())
				continue
			}
			asked = ask(ctx, look, s.every)
		}
	}
}

// answer is what a look has found.
type answer struct {
	text string
	err  error
}

// ask looks without waiting: what hangs must not hang its guard too.
func ask(ctx context.Context, look activity, limit time.Duration) chan answer {
	found := make(chan answer, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		text, err := look(ctx)
		found <- answer{text, err}
	}()
	return found
}

// pass passes an answer on.
func (s *supervisor) pass(a answer) {
	switch {
	case a.err != nil:
		s.log.Warn("a part of this process does not answer", "error", a.err)
	case s.watching:
		s.tell("WATCHDOG=1", "STATUS="+a.text)
	default:
		s.tell("STATUS=" + a.text)
	}
}
