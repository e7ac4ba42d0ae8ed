package datachannel

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// Host makes links and owns what they share. A process needs one. All methods
// may be called at once.
type Host struct {
	cfg  Config
	log  *slog.Logger
	api  *webrtc.API
	cert *webrtc.Certificate
	mux  *ice.UDPMuxDefault // nil without a fixed port

	mu     sync.Mutex
	links  map[*Link]struct{}
	closed bool
}

// NewHost checks the configuration, makes a certificate and, with a fixed port,
// opens the socket.
func NewHost(c Config) (*Host, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("data channel configuration: %w", err)
	}
	h := &Host{cfg: c, log: c.Logger, links: make(map[*Link]struct{})}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	engine, err := newEngine(c, h.log)
	if err != nil {
		return nil, err
	}
	if h.cert, err = newCertificate(); err != nil {
		return nil, err
	}
	if err := h.attach(&engine); err != nil {
		return nil, err
	}
	// No codecs and no interceptors: they cost memory and goroutines per link.
	h.api = webrtc.NewAPI(webrtc.WithSettingEngine(engine),
		webrtc.WithMediaEngine(nil), webrtc.WithInterceptorRegistry(nil))
	return h, nil
}

// attach connects the engine to the network.
func (h *Host) attach(engine *webrtc.SettingEngine) error {
	// What may be under way is decided by each link's flow: SCTP, which takes
	// every loss for a full queue, is not to restrict it further.
	if h.cfg.Net != nil || roomySockets() {
		engine.SetSCTPMinCwnd(uint32(h.cfg.HighWater))
	}
	if h.cfg.Net != nil {
		engine.SetNet(h.cfg.Net)
		return nil
	}
	roomy, err := newRoomyNet()
	if err != nil {
		return err
	}
	engine.SetNet(roomy)
	if h.cfg.UDPPort == 0 {
		return nil
	}
	conn, err := roomy.ListenUDP("udp", &net.UDPAddr{Port: h.cfg.UDPPort})
	if err != nil {
		return fmt.Errorf("listening on the UDP port of all links: %w", err)
	}
	h.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{
		Logger:  engine.LoggerFactory.NewLogger("mux"),
		UDPConn: conn,
		Net:     roomy,
	})
	engine.SetICEUDPMux(h.mux)
	return nil
}

// Offer begins a link as the child: it makes the offer and the channel
// (protocol 2.4). The link's end is told to hd, also if it never opens.
func (h *Host) Offer(remote PeerID, send SignalFunc, hd Handler) (*Link, error) {
	return h.start(remote, signal{}, send, hd)
}

// Answer begins a link as the parent, with the child's offer (protocol 2.3). It
// is ErrUnexpectedSignal if the signal is none.
func (h *Host) Answer(remote PeerID, offer []byte, send SignalFunc, hd Handler) (*Link, error) {
	s, err := parseSignal(offer)
	if err != nil {
		return nil, err
	}
	if s.kind != signalOffer {
		return nil, fmt.Errorf("%w: not an offer", ErrUnexpectedSignal)
	}
	return h.start(remote, s, send, hd)
}

func (h *Host) start(remote PeerID, offer signal, send SignalFunc, hd Handler) (*Link, error) {
	pc, err := h.api.NewPeerConnection(webrtc.Configuration{
		ICEServers:   h.iceServers(),
		Certificates: []webrtc.Certificate{*h.cert},
	})
	if err != nil {
		return nil, fmt.Errorf("new peer connection: %w", err)
	}
	l := newLink(h, remote, pc, send, hd)
	h.mu.Lock()
	closed := h.closed
	if !closed {
		h.links[l] = struct{}{}
	}
	h.mu.Unlock()
	if closed {
		return nil, errors.Join(ErrClosed, pc.Close())
	}
	go l.run(offer)
	return l, nil
}

func (h *Host) iceServers() []webrtc.ICEServer {
	servers := make([]webrtc.ICEServer, 0, len(h.cfg.ICEServers))
	for _, s := range h.cfg.ICEServers {
		servers = append(servers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	return servers
}

// forget drops a link that has ended.
func (h *Host) forget(l *Link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.links, l)
}

// Close closes all links with [ErrClosed], waits until they have ended, and
// closes the shared socket. It must not be called from a [Handler].
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	links := make([]*Link, 0, len(h.links))
	for l := range h.links {
		links = append(links, l)
	}
	h.mu.Unlock()
	for _, l := range links {
		l.Close(ErrClosed)
	}
	for _, l := range links {
		<-l.Done()
	}
	if h.mux == nil {
		return nil
	}
	if err := h.mux.Close(); err != nil {
		return fmt.Errorf("closing the UDP port of all links: %w", err)
	}
	return nil
}
