package wan

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// nodeVariable tells a process that it is a node: the number of a file
	// descriptor, and its address.
	nodeVariable = "HLSPEER_WAN_NODE"
	// refusedMark begins the error of a node that has not the right to be one.
	refusedMark = "refused: "

	tunPath = "/dev/net/tun"
	device  = "wan0"
	// backlog is how many packets may wait for the network to take them.
	backlog = 4096
)

// Enter makes the process a node, if [Network.Start] has started it, and returns
// when it is reachable; else it does nothing. Call it before anything else.
func Enter() error {
	value, ok := os.LookupEnv(nodeVariable)
	if !ok {
		return nil
	}
	os.Unsetenv(nodeVariable)
	var fd int
	var at string
	if _, err := fmt.Sscan(value, &fd, &at); err != nil {
		return fmt.Errorf("reading %s: %w", nodeVariable, err)
	}
	defer unix.Close(fd)
	prefix, err := netip.ParsePrefix(at)
	if err != nil {
		return fmt.Errorf("reading %s: %w", nodeVariable, err)
	}
	tun, err := makeDevice(prefix)
	if err != nil {
		text := err.Error()
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
			text = refusedMark + text
		}
		return errors.Join(err, unix.Send(fd, []byte(text), 0))
	}
	err = unix.Sendmsg(fd, []byte("tun"), unix.UnixRights(tun), nil, 0)
	if err = errors.Join(err, unix.Close(tun)); err != nil {
		return fmt.Errorf("handing over the device: %w", err)
	}
	var word [1]byte
	if n, err := unix.Read(fd, word[:]); n != 1 {
		return fmt.Errorf("waiting for the network: %w", errors.Join(err, os.ErrClosed))
	}
	return nil
}

// makeDevice makes a TUN device with an address and returns its descriptor.
func makeDevice(at netip.Prefix) (tun int, err error) {
	// Without it the device would be busy with what nobody here answers.
	for _, which := range []string{"all", "default"} {
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0) // where there is IPv6
	}
	tun, err = unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("opening %s: %w", tunPath, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(tun))
		}
	}()
	request, err := unix.NewIfreq(device)
	if err != nil {
		return -1, fmt.Errorf("naming the device: %w", err)
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(tun, unix.TUNSETIFF, request); err != nil {
		return -1, fmt.Errorf("making the device: %w", err)
	}
	return tun, configure(at)
}

// configure gives the device its address and brings it, and loopback, up.
func configure(at netip.Prefix) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer unix.Close(s)
	address := at.Addr().As4()
	mask := [4]byte{}
	for i := range at.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	for _, step := range []struct {
		doing, device string
		request       uint
		fill          func(*unix.Ifreq) error
	}{
		{"bringing loopback up", "lo", unix.SIOCSIFFLAGS, up},
		{"setting the address", device, unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(address[:]) }},
		{"setting the netmask", device, unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr(mask[:]) }},
		{"setting the packet size", device, unix.SIOCSIFMTU, number(mtu)},
		{backlogStep, device, unix.SIOCSIFTXQLEN, number(backlog)},
		{"bringing the device up", device, unix.SIOCSIFFLAGS, up},
	} {
		r, err := unix.NewIfreq(step.device)
		if err == nil {
			err = step.fill(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(s, step.request, r)
		}
		if err != nil && step.doing != backlogStep { // which is root's alone, and there is a default
			return fmt.Errorf("%s: %w", step.doing, err)
		}
	}
	return nil
}

const backlogStep = "setting the backlog"

func up(r *unix.Ifreq) error {
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return nil
}

func number(n uint32) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error {
		r.SetUint32(n)
		return nil
	}
}
