package wan

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Network moves packets between nodes. Its methods may be called at once.
type Network struct {
	began time.Time

	mu     sync.RWMutex
	nodes  map[netip.Addr]*Node
	next   uint32
	closed bool
}

// firstAddress is that of the first node; the others follow. All are in one
// /16, which the kernel makes the route of.
const firstAddress, prefixBits = 10<<24 | 77<<16 | 1, 16

// New makes a network without nodes.
func New() (*Network, error) {
	if _, err := os.Stat(tunPath); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return &Network{began: time.Now(), nodes: map[netip.Addr]*Node{}, next: firstAddress}, nil
}

// Start starts cmd, a program that calls [Enter], as a new node, and returns
// when it is reachable. Waiting for cmd and ending it is the caller's, also
// after an error with cmd.Process set.
func (n *Network) Start(ctx context.Context, cmd *exec.Cmd, c NodeConfig) (*Node, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("node of a network: %w", err)
	}
	addr, err := n.address()
	if err != nil {
		return nil, err
	}
	line, err := launch(cmd, netip.PrefixFrom(addr, prefixBits))
	if err != nil {
		return nil, err
	}
	defer line.Close()
	tun, err := receive(ctx, line)
	if err != nil {
		return nil, fmt.Errorf("starting node %v: %w", addr, err)
	}
	node, err := n.join(addr, tun, c)
	if err != nil {
		return nil, errors.Join(err, tun.Close())
	}
	if _, err := line.Write([]byte{0}); err != nil {
		return nil, fmt.Errorf("telling node %v to go on: %w", addr, err)
	}
	return node, nil
}

func (n *Network) address() (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.next-firstAddress >= 250 {
		return netip.Addr{}, errors.New("a network that is closed or full")
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n.next)
	n.next++
	return netip.AddrFrom4(b), nil
}

// join makes a node of a TUN device.
func (n *Network) join(addr netip.Addr, tun *os.File, c NodeConfig) (*Node, error) {
	node := &Node{addr: addr, tun: tun}
	node.up = newPipe(c.Up, c.Seed, func(now time.Duration, p packet) { p.to.down.enter(now, p) })
	node.down = newPipe(c.Down, c.Seed+1, func(_ time.Duration, p packet) {
		_, _ = tun.Write(p.bytes()) // of a node that has ended, nothing can be told
		p.free()
	})
	up, err := newTimer()
	if err != nil {
		return nil, err
	}
	down, err := newTimer()
	if err != nil {
		return nil, errors.Join(err, up.Close())
	}
	node.up.timer, node.down.timer = up, down
	node.end = func() { _, _ = up.Close(), down.Close() }
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		node.end()
		return nil, errors.New("the network is closed")
	}
	n.nodes[addr] = node
	node.work.Go(func() { n.read(node) })
	node.work.Go(func() { up.run(node.up, n.clock) })
	node.work.Go(func() { down.run(node.down, n.clock) })
	return node, nil
}

func (n *Network) clock() time.Duration { return time.Since(n.began) }

// read takes what a node sends until its device is closed. What is no IPv4, or
// for nobody here, goes nowhere.
func (n *Network) read(node *Node) {
	for {
		data := packets.Get().(*[mtu]byte)
		size, err := node.tun.Read(data[:])
		if err != nil {
			packets.Put(data)
			if errors.Is(err, os.ErrClosed) || !retry(err) {
				return
			}
			continue
		}
		p := packet{data: data, size: size}
		if p.to = n.receiver(p.bytes()); p.to == nil {
			p.free()
			continue
		}
		node.up.enter(n.clock(), p)
	}
}

// receiver is the node that an IP packet is for.
func (n *Network) receiver(b []byte) *Node {
	if len(b) < 20 || b[0]>>4 != 4 {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.nodes[netip.AddrFrom4([4]byte(b[16:20]))]
}

// Close ends the network; the nodes' processes go on without one. All
// goroutines have ended when it returns.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	var faults []error
	for _, node := range n.nodes {
		node.up.close()
		node.down.close()
		faults = append(faults, node.tun.Close())
		node.end()
	}
	for _, node := range n.nodes {
		node.work.Wait()
	}
	return errors.Join(faults...)
}
