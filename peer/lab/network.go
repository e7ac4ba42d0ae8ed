package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/vnet"
)

// network is what a swarm's parts reach each other over.
type network interface {
	// listen gives a new address for HTTP and WebSockets.
	listen() (net.Listener, error)
	// dial reaches it; nil stands for the machine's own network.
	dialer() func(ctx context.Context, network, addr string) (net.Conn, error)
	// link is the network of one peer's data channels; nil: the machine's.
	link(i int, line Line) (transport.Net, error)
	close() error
}

// httpClient makes requests over a network, with connections of its own.
func httpClient(n network) *http.Client { return &http.Client{Transport: roundTripper(n.dialer())} }

func roundTripper(dial dialFunc) *http.Transport {
	return &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second}
}

// loopback is the machine's own network, on 127.0.0.1.
type loopback struct{}

func (loopback) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on loopback: %w", err)
	}
	return l, nil
}

func (loopback) dialer() func(context.Context, string, string) (net.Conn, error) { return nil }
func (loopback) link(int, Line) (transport.Net, error)                           { return nil, nil }
func (loopback) close() error                                                    { return nil }

// web is the half of a network that HTTP and WebSockets go over.
type web interface {
	listen() (net.Listener, error)
	dialer() func(ctx context.Context, network, addr string) (net.Conn, error)
}

// virtual is a network whose data channels go over a router inside the process.
// With pipes for HTTP it works in the virtual time of testing/synctest.
type virtual struct {
	web
	router *vnet.Router
	least  time.Duration // delay that all have
	loss   map[string]float64
	slow   []*vnet.DelayFilter

	mu     sync.Mutex
	chance *rand.Rand
}

// making is held while parts of virtual networks are made: vnet counts MAC
// addresses over all networks of the process, and does not guard the count.
var making sync.Mutex

// newVirtual makes a network of lines, given to the peers in turn.
func newVirtual(w web, lines []Line, seed uint64) (*virtual, error) {
	making.Lock()
	defer making.Unlock()
	v := &virtual{web: w, loss: map[string]float64{}, chance: rand.New(rand.NewPCG(seed, 5))}
	for i, l := range lines {
		if i == 0 || l.Delay < v.least {
			v.least = l.Delay
		}
	}
	var err error
	v.router, err = vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/8", MinDelay: v.least, QueueSize: 1 << 14,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		return nil, fmt.Errorf("making a virtual router: %w", err)
	}
	return v, nil
}

// start lets packets through. All links must have been made.
func (v *virtual) start() error {
	if len(v.loss) > 0 {
		v.router.AddChunkFilter(v.arrives)
	}
	return v.router.Start()
}

func (v *virtual) close() error {
	err := v.router.Stop()
	for _, s := range v.slow {
		err = errors.Join(err, s.Close())
	}
	return err
}

// arrives says whether a packet is not lost.
func (v *virtual) arrives(c vnet.Chunk) bool {
	host, _, err := net.SplitHostPort(c.DestinationAddr().String())
	loss := v.loss[host]
	if err != nil || loss == 0 {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.chance.Float64() >= loss
}

// hostAddress is where the data channels of peer i end.
func hostAddress(i int) string { return fmt.Sprintf("10.0.%d.%d", i/250, i%250+2) }

func (v *virtual) link(i int, line Line) (transport.Net, error) {
	making.Lock()
	defer making.Unlock()
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{hostAddress(i)}})
	if err != nil {
		return nil, fmt.Errorf("making a virtual host: %w", err)
	}
	var nic vnet.NIC = n
	if more := line.Delay - v.least; more > 0 {
		f, err := vnet.NewDelayFilter(n, vnet.WithDelay(more))
		if err != nil {
			return nil, fmt.Errorf("making a virtual line: %w", err)
		}
		v.slow = append(v.slow, f)
		nic = f
	}
	if line.Loss > 0 {
		v.loss[hostAddress(i)] = line.Loss
	}
	if err := v.router.AddNet(nic); err != nil {
		return nil, fmt.Errorf("adding a virtual host: %w", err)
	}
	return n, nil
}

// pipes is the HTTP half of a virtual network. Safe for concurrent use.
type pipes struct {
	mu        sync.Mutex
	listeners map[string]*pipeListener
}

func (p *pipes) listen() (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners == nil {
		p.listeners = map[string]*pipeListener{}
	}
	addr := pipeAddr(fmt.Sprintf("127.0.0.1:%d", 10_000+len(p.listeners)))
	l := &pipeListener{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	p.listeners[string(addr)] = l
	return l, nil
}

func (p *pipes) dialer() func(context.Context, string, string) (net.Conn, error) { return p.dial }

var errRefused = errors.New("connection refused")

func (p *pipes) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	p.mu.Lock()
	l := p.listeners[addr]
	p.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dialling %s: %w", addr, errRefused)
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, fmt.Errorf("dialling %s: %w", addr, errRefused)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

type pipeAddr string

func (pipeAddr) Network() string  { return "tcp" }
func (a pipeAddr) String() string { return string(a) }

// pipeListener accepts the far ends of pipes.
type pipeListener struct {
	addr   pipeAddr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return l.addr }
