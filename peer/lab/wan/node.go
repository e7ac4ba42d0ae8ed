package wan

import (
	"net/netip"
	"os"
	"sync"
)

// Node is one process in a network.
type Node struct {
	addr     netip.Addr
	tun      *os.File
	up, down *pipe
	work     sync.WaitGroup
	end      func() // what keeps up and down going
}

// Addr is the node's address, which all other nodes reach.
func (n *Node) Addr() netip.Addr { return n.addr }

// Up is what the node has sent.
func (n *Node) Up() Counts { return n.up.seen() }

// Down is what was on its way to the node.
func (n *Node) Down() Counts { return n.down.seen() }
