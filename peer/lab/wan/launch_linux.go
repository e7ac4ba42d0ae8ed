package wan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// launch starts cmd in a namespace of its own, with a socket over which it
// hands its device to us.
func launch(cmd *exec.Cmd, at netip.Prefix) (*net.UnixConn, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("making a pair of sockets: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "node"), os.NewFile(uintptr(pair[1]), "network")
	defer theirs.Close()
	defer ours.Close() // net.FileConn has a copy
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("using a pair of sockets: %w", err)
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d %v", nodeVariable, 3+len(cmd.ExtraFiles), at))
	cmd.ExtraFiles = append(cmd.ExtraFiles, theirs)
	isolate(cmd)
	if err := cmd.Start(); err != nil {
		conn.Close()
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSPC) {
			err = fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		return nil, fmt.Errorf("starting a node: %w", err)
	}
	return conn.(*net.UnixConn), nil
}

// isolate asks for a network namespace; who is not root needs a user namespace
// to have the right to it.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	a := cmd.SysProcAttr
	a.Cloneflags |= unix.CLONE_NEWNET
	if os.Geteuid() == 0 {
		return
	}
	a.Cloneflags |= unix.CLONE_NEWUSER
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
}

// startTime is how long a node may take to make its device.
const startTime = 10 * time.Second

// receive takes the device of a node, or its error.
func receive(ctx context.Context, line *net.UnixConn) (*os.File, error) {
	if err := line.SetReadDeadline(time.Now().Add(startTime)); err != nil {
		return nil, fmt.Errorf("setting a deadline: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = line.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	text, rights := make([]byte, 1024), make([]byte, unix.CmsgSpace(4))
	n, rn, _, _, err := line.ReadMsgUnix(text, rights)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("waiting for its device: %w", err)
	case n == 0:
		return nil, errors.New("it ended without a word; does its program call wan.Enter?")
	}
	if rn == 0 {
		what, refused := strings.CutPrefix(string(text[:n]), refusedMark)
		if refused {
			return nil, fmt.Errorf("%w: %s", ErrUnsupported, what)
		}
		return nil, errors.New(what)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:rn])
	if err != nil || len(messages) == 0 {
		return nil, fmt.Errorf("reading its device: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil, fmt.Errorf("reading its device: %w", err)
	}
	unix.CloseOnExec(fds[0])
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing its device: %w", err), unix.Close(fds[0]))
	}
	return os.NewFile(uintptr(fds[0]), "tun"), nil
}

// retry says whether reading a device may go on after an error.
func retry(err error) bool { return errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) }
