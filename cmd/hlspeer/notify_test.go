package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hlspeer/peer/lab"
)

// manager is a service manager's end of the socket.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

// supervise has the environment name a socket of a manager that is silent about
// watching where every is 0.
func supervise(t *testing.T, name string, every time.Duration) *manager {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", "")
	if every > 0 {
		t.Setenv("WATCHDOG_USEC", fmt.Sprint(every.Microseconds()))
	}
	return &manager{t, conn}
}

// hear is the next message.
func (m *manager) hear() string {
	m.t.Helper()
	buf := make([]byte, 4096)
	_ = m.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(buf[:n])
}

// await is the next message that pattern matches.
func (m *manager) await(pattern string) {
	m.t.Helper()
	for re := regexp.MustCompile(pattern); ; {
		if re.MatchString(m.hear()) {
			return
		}
	}
}

// TestSupervised: what a peer and a tracker tell a service manager, from start to
// end, over both kinds of sockets.
func TestSupervised(t *testing.T) {
	src := httptest.NewServer(lab.NewOrigin(lab.OriginConfig{}))
	defer src.Close()
	for _, tt := range []struct{ command, settings, first, activity string }{
		{
			"peer", "channels: [" + src.URL + "/live.m3u8]\nlisten: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlog-level: error\n",
			"play: ", `^WATCHDOG=1\nSTATUS=1 channel, 0 parents, 0 children`,
		},
		{"tracker", "listen: 127.0.0.1:0\nlog-level: error\n", "tracker: ", `^WATCHDOG=1\nSTATUS=0 peers in 0 channels$`},
	} {
		for i := range 2 {
			socket := filepath.Join(t.TempDir(), "notify")
			if i > 0 && runtime.GOOS == "linux" {
				socket = "@hlspeer-test" + socket // abstract, and nobody else's
			}
			m := supervise(t, socket, 100*time.Millisecond)
			ctx, cancel := context.WithCancel(t.Context())
			out := lineWriter{make(chan string, 16)}
			ended := make(chan int, 1)
			go func() { ended <- run(ctx, []string{tt.command, "--config", written(t, tt.settings)}, out, io.Discard) }()
			if got := m.hear(); got != "READY=1\nSTATUS=serving" {
				t.Errorf("%s: %q at first", tt.command, got)
			}
			select {
			case line := <-out.lines:
				if !strings.HasPrefix(line, tt.first) {
					t.Errorf("%s: %q before READY", tt.command, line)
				}
			default:
				t.Errorf("%s: READY before the addresses are told", tt.command)
			}
			if os.Getenv("NOTIFY_SOCKET")+os.Getenv("WATCHDOG_USEC") != "" {
				t.Errorf("%s: its children would talk to its supervisor", tt.command)
			}
			m.await(tt.activity)
			self, _ := os.FindProcess(os.Getpid())
			if err := self.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			want := "^RELOADING=1"
			if runtime.GOOS == "linux" {
				want += `\nMONOTONIC_USEC=[1-9]\d+$`
			}
			m.await(want)
			m.await("^READY=1$")
			m.await("^WATCHDOG=1")
			cancel()
			m.await("^STOPPING=1")
			if code := <-ended; code != exitDone {
				t.Errorf("%s ended with %d", tt.command, code)
			}
		}
	}
}

// TestSupervisedHangs: a process of which a part does not answer is not called
// alive, and asks that part no second time; it is again once the part answers.
func TestSupervisedHangs(t *testing.T) {
	m := supervise(t, filepath.Join(t.TempDir(), "notify"), 40*time.Millisecond)
	var log bytes.Buffer
	s := takeSupervisor(slog.New(slog.NewTextHandler(&log, nil)))
	asked, release := make(chan int, 100), make(chan error)
	n := 0
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.run(ctx, func(context.Context) (string, error) {
			n++
			asked <- n
			return fmt.Sprintf("look %d", n), <-release
		})
	}()
	if got := m.hear(); !strings.HasPrefix(got, "READY=1") {
		t.Fatalf("%q at first", got)
	}
	<-asked
	_ = m.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)) // five times its patience
	if n, err := m.conn.Read(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes from a process that hangs", n)
	}
	if len(asked) > 0 {
		t.Error("asked again before there was an answer")
	}
	release <- errors.New("a fault")
	<-asked
	release <- nil
	m.await("^WATCHDOG=1\nSTATUS=look 2$")
	<-asked
	cancel() // while it hangs
	m.await("^STOPPING=1")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(release)
	for _, want := range []string{"does not answer", `error="a fault"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in\n%s", want, &log)
		}
	}
}

// TestSupervisorOfAnother: who is not watched does not say that it is alive, and
// who has no supervisor says nothing.
func TestSupervisorOfAnother(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	supervise(t, socket, time.Second)
	t.Setenv("WATCHDOG_PID", "1")
	if s := takeSupervisor(slog.New(slog.DiscardHandler)); s == nil || s.watching || s.every != statusEvery {
		t.Errorf("%+v, want one that does not watch", s)
	}
	s := takeSupervisor(slog.New(slog.DiscardHandler))
	if s != nil {
		t.Errorf("%+v, want none", s)
	}
	s.reloading()()
	if err := s.run(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
