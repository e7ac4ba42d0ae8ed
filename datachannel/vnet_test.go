package datachannel

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v5/vnet"
)

// lan is a virtual network for tests in a bubble.
type lan struct {
	t      *testing.T
	router *vnet.Router
	hosts  int
	dead   atomic.Bool  // nothing arrives
	drop   atomic.Int64 // packets of at least 500 bytes still to lose
}

// making is held while parts of virtual networks are made: vnet counts MAC
// addresses over all networks of the process, and does not guard the count.
var making sync.Mutex

func newLAN(t *testing.T) *lan {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", QueueSize: 4096, LoggerFactory: logging.NewDefaultLoggerFactory()})
	if err != nil {
		t.Fatal(err)
	}
	n := &lan{t: t, router: router}
	router.AddChunkFilter(func(c vnet.Chunk) bool {
		if len(c.UserData()) >= 500 && n.drop.Add(-1) >= 0 {
			return false
		}
		return !n.dead.Load()
	})
	return n
}

// net adds one machine.
func (n *lan) net() *vnet.Net {
	n.t.Helper()
	making.Lock()
	defer making.Unlock()
	n.hosts++
	machine, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{fmt.Sprintf("10.0.0.%d", n.hosts)}})
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.router.AddNet(machine); err != nil {
		n.t.Fatal(err)
	}
	return machine
}

// start begins to carry packets; no machine can be added afterwards.
func (n *lan) start() {
	n.t.Helper()
	if err := n.router.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		if err := n.router.Stop(); err != nil {
			n.t.Error(err)
		}
	})
}

// connectLAN links two machines of a virtual network.
func connectLAN(t *testing.T, childEar, parentEar *ear) (pair, *lan) {
	t.Helper()
	n := newLAN(t)
	a, b := DefaultConfig(), DefaultConfig()
	a.Net, b.Net = n.net(), n.net()
	n.start()
	return connectEars(t, newTestHost(t, a), newTestHost(t, b), childEar, parentEar), n
}

// within fails the test if f takes longer, by the clock of the bubble.
func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
}

// goSend sends a piece in the background.
func goSend(ctx context.Context, l *Link, url string, size int64, src PacketSource) <-chan error {
	sent := make(chan error, 1)
	go func() { sent <- l.SendPiece(ctx, Piece{URL: url, SN: NoSN, Size: size, Current: NoSN}, src) }()
	return sent
}
