package wan

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// roleVariable makes the test binary one of the programs below.
const roleVariable = "HLSPEER_WAN_TEST"

func TestMain(m *testing.M) {
	if err := Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	role, ok := os.LookupEnv(roleVariable)
	if !ok {
		os.Exit(m.Run())
	}
	go func() { // the end of the test is ours
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := play(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const pings, salvo, payload = 40, 1500, 1000

// play is a program: "echo" answers packets, "ping ADDRESS" measures round
// trips, "count" counts packets until none comes, "salvo ADDRESS" sends many.
func play(role string) error {
	name, to, _ := strings.Cut(role, " ")
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		return err
	}
	var remote *net.UDPAddr
	if to != "" {
		if remote, err = net.ResolveUDPAddr("udp4", to); err != nil {
			return err
		}
	}
	buf := make([]byte, 2000)
	switch name {
	case "echo":
		fmt.Println(c.LocalAddr().(*net.UDPAddr).Port)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return err
			}
			if _, err := c.WriteTo(buf[:n], from); err != nil {
				return err
			}
		}
	case "ping":
		var trips []time.Duration
		for range pings {
			began := time.Now()
			if _, err := c.WriteTo(buf[:100], remote); err != nil {
				return err
			}
			if _, _, err := c.ReadFrom(buf); err != nil {
				return err
			}
			trips = append(trips, time.Since(began))
		}
		slices.Sort(trips)
		fmt.Println(trips[0].Microseconds(), trips[pings/2].Microseconds())
	case "count":
		fmt.Println(c.LocalAddr().(*net.UDPAddr).Port)
		return count(c, buf)
	case "salvo":
		for i := range salvo {
			if _, err := c.WriteTo(buf[:payload], remote); err != nil {
				return err
			}
			if i%8 == 0 {
				time.Sleep(time.Millisecond) // 60 Mbit/s: more than the line below carries
			}
		}
	}
	return nil
}

// count prints how many packets came, and the time from first to last in µs.
func count(c net.PacketConn, buf []byte) error {
	var first, last time.Time
	for n := 0; ; n++ {
		if n > 0 {
			_ = c.SetReadDeadline(time.Now().Add(700 * time.Millisecond))
		}
		if _, _, err := c.ReadFrom(buf); err != nil {
			fmt.Println(n, last.Sub(first).Microseconds())
			return nil
		}
		if last = time.Now(); n == 0 {
			first = last
		}
	}
}

// program is a node that runs one of the programs.
type program struct {
	*Node
	out *bufio.Reader
}

func start(t *testing.T, n *Network, role string, c NodeConfig) program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	node, err := n.Start(ctx, cmd, c)
	if cmd.Process != nil {
		t.Cleanup(func() {
			in.Close()
			_ = cmd.Wait() // it may have ended by itself
		})
	}
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return program{node, bufio.NewReader(out)}
}

// numbers reads a line of a program.
func (p program) numbers(t *testing.T, to ...any) {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, to...)
	}
	if err != nil {
		t.Fatalf("a program printed %q: %v", line, err)
	}
}

// target is where a program listens.
func (p program) target(t *testing.T) string {
	t.Helper()
	var port int
	p.numbers(t, &port)
	return fmt.Sprintf("%v:%d", p.Addr(), port)
}

func newNetwork(t *testing.T) *Network {
	t.Helper()
	before := runtime.NumGoroutine()
	n, err := New()
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		for range 100 { // goroutines of processes that are being waited for
			if runtime.NumGoroutine() <= before+4 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
	})
	return n
}

func TestRoundTripIsTheSumOfTheDelays(t *testing.T) {
	n := newNetwork(t)
	to := start(t, n, "echo", NodeConfig{Up: Shape{Delay: 7 * time.Millisecond}})
	from := start(t, n, "ping "+to.target(t), NodeConfig{
		Up: Shape{Delay: 3 * time.Millisecond}, Down: Shape{Delay: 5 * time.Millisecond},
	})
	var least, median int
	from.numbers(t, &least, &median)
	t.Logf("round trips: %d µs at least, %d in the median", least, median)
	if least < 15_000 || least > 18_000 || median > 45_000 {
		t.Errorf("round trips of %d µs at least and %d in the median: want 15 ms and a little", least, median)
	}
	if up := from.Up(); up.Packets != pings || up.Bytes != pings*(100+28) {
		t.Errorf("counted %+v: want %d packets of 128 bytes", up, pings)
	}
}

func TestLossIsTheShareAskedFor(t *testing.T) {
	n := newNetwork(t)
	to := start(t, n, "count", NodeConfig{})
	from := start(t, n, "salvo "+to.target(t), NodeConfig{Up: Shape{Loss: .1, Delay: time.Millisecond}, Seed: 1})
	var came, _us int
	to.numbers(t, &came, &_us)
	up := from.Up()
	if lost := salvo - came; lost < salvo/14 || lost > salvo/7 || int(up.Lost) != lost {
		t.Errorf("%d of %d packets came, and %d were counted as lost: want a tenth", came, salvo, up.Lost)
	}
}

func TestBottleneckHasARateAndAQueue(t *testing.T) {
	const rate = 20_000_000
	n := newNetwork(t)
	to := start(t, n, "count", NodeConfig{Down: Shape{Rate: rate, Queue: 50_000}})
	from := start(t, n, "salvo "+to.target(t), NodeConfig{})
	var came, us int
	to.numbers(t, &came, &us)
	got := float64(came*(payload+28)*8) / float64(us) * 1e6
	down := to.Down()
	t.Logf("%d of %d packets at %.1f Mbit/s; %+v", came, salvo, got/1e6, down)
	if got > 1.1*rate || int(down.Dropped) != salvo-came || from.Up().Packets != salvo {
		t.Errorf("%d packets came at %.1f Mbit/s, %d were dropped: want 20 at most, and the rest dropped", came, got/1e6, down.Dropped)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []NodeConfig{
		{Up: Shape{Delay: -1}}, {Down: Shape{Loss: 2}}, {Up: Shape{Rate: -1}}, {Down: Shape{Queue: -1}},
	} {
		if c.validate() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
