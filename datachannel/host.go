package datachannel

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// Host makes links and owns what they share. A process needs one. All methods
// may be called at once.
type Host struct {
	cfg  Config
	log  *slog.Logger
	cert *webrtc.Certificate
	port *onePort // nil without a fixed port

	asChild  *webrtc.API // for links that we offer
	asParent *webrtc.API // for those that we answer
	own      *webrtc.API // for those that we answer and that cannot use the fixed port

	open atomic.Int64 // number of open links

	mu     sync.Mutex
	links  map[*Link]*tenant // nil: needs no place at the fixed port
	closed bool
}

// NewHost checks the configuration, makes a certificate and, with a fixed port,
// opens the socket.
func NewHost(c Config) (*Host, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("data channel configuration: %w", err)
	}
	h := &Host{cfg: c, log: c.Logger, links: make(map[*Link]*tenant)}
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
	if err := h.attach(engine); err != nil {
		return nil, err
	}
	return h, nil
}

// newAPI makes pion's entry without codecs and interceptors: they cost memory
// and goroutines per link.
func newAPI(engine webrtc.SettingEngine, buffer uint32) *webrtc.API {
	engine.SetSCTPMaxReceiveBufferSize(buffer)
	return webrtc.NewAPI(webrtc.WithSettingEngine(engine),
		webrtc.WithMediaEngine(nil), webrtc.WithInterceptorRegistry(nil))
}

// attach connects the engine to the network. What it hands to pion's entries are
// copies: each keeps the settings of its moment.
func (h *Host) attach(engine webrtc.SettingEngine) error {
	// What may be under way is decided by each link's flow: SCTP, which takes
	// every loss for a full queue, is not to restrict it further.
	if h.cfg.Net != nil || roomySockets() {
		engine.SetSCTPMinCwnd(uint32(h.cfg.HighWater))
	}
	if h.cfg.Net != nil {
		engine.SetNet(h.cfg.Net)
		h.enter(engine)
		return nil
	}
	roomy, err := newRoomyNet()
	if err != nil {
		return err
	}
	engine.SetNet(roomy)
	if h.cfg.UDPPort == 0 {
		h.enter(engine)
		return nil
	}
	conn, err := roomy.ListenUDP("udp", &net.UDPAddr{Port: h.cfg.UDPPort})
	if err != nil {
		return fmt.Errorf("listening on the UDP port of all links: %w", err)
	}
	h.own = newAPI(engine, feederBuffer)
	h.port = newOnePort(ice.NewUDPMuxDefault(ice.UDPMuxParams{
		Logger:  engine.LoggerFactory.NewLogger("mux"),
		UDPConn: conn,
		Net:     roomy,
	}))
	engine.SetICEUDPMux(h.port.mux)
	h.enter(engine)
	return nil
}

func (h *Host) enter(engine webrtc.SettingEngine) {
	h.asChild, h.asParent = newAPI(engine, receiveBuffer), newAPI(engine, feederBuffer)
}

// share is how many bytes each link may have under way, so that all together
// stay within their limit.
func (h *Host) share() int {
	each := h.cfg.TotalHighWater / uint64(max(h.open.Load(), 1))
	return int(min(max(each, firstWindow), h.cfg.HighWater))
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
	api, place := h.place(offer)
	pc, err := api.NewPeerConnection(h.configuration())
	if err != nil {
		h.leave(place)
		return nil, fmt.Errorf("new peer connection: %w", err)
	}
	l := newLink(h, remote, pc, send, hd)
	h.mu.Lock()
	closed := h.closed
	if !closed {
		h.links[l] = place
	}
	h.mu.Unlock()
	if closed {
		h.leave(place)
		return nil, errors.Join(ErrClosed, pc.Close())
	}
	go l.run(offer)
	return l, nil
}

// place chooses the port of a link, by the offer that it answers.
func (h *Host) place(offer signal) (*webrtc.API, *tenant) {
	switch {
	case offer.kind != signalOffer && h.port == nil:
		return h.asChild, nil
	case offer.kind != signalOffer:
		return h.asChild, h.port.offer()
	case h.port == nil:
		return h.asParent, nil
	}
	t, elsewhere := h.port.answer(offer.sdp)
	if elsewhere {
		return h.own, nil
	}
	return h.asParent, t
}

// leave frees the place of a link at the fixed port, if it has one.
func (h *Host) leave(t *tenant) {
	if t != nil {
		h.port.leave(t)
	}
}

// tenant is the place of a link at the fixed port; nil if it needs none.
func (h *Host) tenant(l *Link) *tenant {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.links[l]
}

// describe is the description of a link as the remote is to have it.
func (h *Host) describe(l *Link, sdp string) string {
	if h.tenant(l) != nil {
		return mark(sdp)
	}
	return sdp
}

// answered takes note of the answer to a link that we offered.
func (h *Host) answered(l *Link, sdp string) {
	if t := h.tenant(l); t != nil {
		h.port.answered(t, sdp)
	}
}

func (h *Host) configuration() webrtc.Configuration {
	return webrtc.Configuration{
		ICEServers:   h.iceServers(),
		Certificates: []webrtc.Certificate{*h.cert},

		ICETransportPolicy: h.cfg.Policy.transport(),
	}
}

func (h *Host) iceServers() []webrtc.ICEServer {
	servers := make([]webrtc.ICEServer, 0, len(h.cfg.ICEServers))
	if h.cfg.Policy == PolicyLAN {
		return servers
	}
	for _, s := range h.cfg.ICEServers {
		servers = append(servers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	return servers
}

// forget drops a link that has ended.
func (h *Host) forget(l *Link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(h.links[l])
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
	if h.port == nil {
		return nil
	}
	if err := h.port.mux.Close(); err != nil {
		return fmt.Errorf("closing the UDP port of all links: %w", err)
	}
	return nil
}
