package lab

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5"
	"github.com/pion/webrtc/v4"

	"hlspeer/signaling"
)

// bare is a remote peer that is pion and nothing else: it can say anything, or
// nothing, on its channels. As a child it dials, as a parent it answers.
type bare struct {
	t   *testing.T
	net transport.Net
	// uplink is what it claims to have, bit/s; with 0 nobody becomes its child.
	uplink signaling.BitRate
	// hear is called with each text that comes, one at a time for each end. It
	// may be nil.
	hear func(e *end, text string)
	// opened is called when a channel opens. It may be nil.
	opened func(e *end)

	swarm  bool         // it joins the channel's swarm, and not its mesh
	mute   bool         // offers are not answered
	offers atomic.Int64 // that came

	client client
	self   signaling.PeerID // known soon after join
	work   sync.WaitGroup
	mu     sync.Mutex
	ends   map[signaling.PeerID]*end // the newest with each peer
	all    []*end
}

// end is the bare peer's end of a link.
type end struct {
	pc    *webrtc.PeerConnection
	dc    *webrtc.DataChannel // once open
	open  chan struct{}
	gone  chan struct{}
	texts chan string
	bytes atomic.Int64 // that came in binary messages
	hear  func(text string)

	opened func()
}

// bareHost is the place of the bare peer in the network.
const bareHost = 201

// settle makes the bare peer's network. Call it before the swarm runs.
func (b *bare) settle(st *stage) {
	st.t.Helper()
	var err error
	if b.net, err = st.net.link(bareHost, Line{}); err != nil {
		st.t.Fatal(err)
	}
	b.t, b.ends = st.t, map[signaling.PeerID]*end{}
}

// join brings it into the channel. leave ends it.
func (b *bare) join(st *stage) (leave func()) {
	if b.swarm {
		b.client = st.swarmClient()
	} else {
		b.client = st.client(b.uplink)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	b.work.Go(func() { _ = b.client.Run(ctx) }) // fails only when called twice
	b.work.Go(func() {
		for ev := range b.client.Events() {
			switch ev := ev.(type) {
			case signaling.Accepted:
				b.self = ev.Accept.PeerID
			case signaling.RelayUp:
				_ = b.client.Send(signaling.GetParents{}) // that of a swarm refuses
			case signaling.Signaled:
				b.signaled(ev.From, ev.Data)
			}
		}
	})
	return func() {
		cancel()
		b.work.Wait()
		for _, e := range b.all {
			e.hangUp()
		}
	}
}

// signal is what goes over the relay.
type bareSignal struct {
	Type      string                   `json:"type,omitempty"`
	SDP       string                   `json:"sdp,omitempty"`
	Candidate *webrtc.ICECandidateInit `json:"candidate,omitempty"`
}

func (b *bare) signaled(from signaling.PeerID, data []byte) {
	var s bareSignal
	if json.Unmarshal(data, &s) != nil {
		return
	}
	s.SDP = strings.Replace(s.SDP, "a=max-message-size:262144", "a=max-message-size:1048576", 1)
	b.mu.Lock()
	e := b.ends[from]
	b.mu.Unlock()
	switch {
	case s.Type == "offer":
		if b.offers.Add(1); b.mute {
			return
		}
		e = b.newEnd(from)
		e.pc.OnDataChannel(e.use)
		b.check(e.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: s.SDP}))
		answer, err := e.pc.CreateAnswer(nil)
		b.check(err)
		b.describe(from, e, answer)
	case e == nil:
	case s.Type == "answer":
		b.check(e.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.SDP}))
	case s.Candidate != nil:
		_ = e.pc.AddICECandidate(*s.Candidate) // of a link that is over, perhaps
	}
}

// dial makes the bare peer a child of a peer, with a channel of any kind.
func (b *bare) dial(id signaling.PeerID, label string, init *webrtc.DataChannelInit) *end {
	b.t.Helper()
	e := b.newEnd(id)
	dc, err := e.pc.CreateDataChannel(label, init)
	b.check(err)
	e.use(dc)
	offer, err := e.pc.CreateOffer(nil)
	b.check(err)
	b.describe(id, e, offer)
	select {
	case <-e.open:
	case <-time.After(10 * time.Second):
		b.t.Fatal("the channel does not open")
	}
	return e
}

// describe sends a description with all candidates in it.
func (b *bare) describe(to signaling.PeerID, e *end, d webrtc.SessionDescription) {
	gathered := webrtc.GatheringCompletePromise(e.pc)
	b.check(e.pc.SetLocalDescription(d))
	<-gathered
	data, err := json.Marshal(bareSignal{Type: d.Type.String(), SDP: e.pc.LocalDescription().SDP})
	b.check(err)
	_ = b.client.Signal(to, data) // it may be leaving
}

func (b *bare) check(err error) {
	if err != nil {
		b.t.Error(err)
	}
}

func (b *bare) newEnd(with signaling.PeerID) *end {
	var engine webrtc.SettingEngine
	engine.SetNet(b.net)
	engine.DisableCloseByDTLS(true) // see hangUp
	engine.SetSCTPMaxMessageSize(1 << 20)
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(nil), webrtc.WithInterceptorRegistry(nil)).NewPeerConnection(webrtc.Configuration{})
	b.check(err)
	e := &end{pc: pc, open: make(chan struct{}), gone: make(chan struct{}), texts: make(chan string, 1<<14)}
	e.hear = func(text string) {
		if b.hear != nil {
			b.hear(e, text)
		}
	}
	e.opened = func() {
		if b.opened != nil {
			b.opened(e)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ends[with] = e
	b.all = append(b.all, e)
	return e
}

func (e *end) use(dc *webrtc.DataChannel) {
	e.dc = dc
	dc.OnOpen(func() { close(e.open); e.opened() })
	dc.OnClose(func() { close(e.gone) })
	dc.OnMessage(func(m webrtc.DataChannelMessage) {
		if !m.IsString {
			e.bytes.Add(int64(len(m.Data)))
			return
		}
		select {
		case e.texts <- string(m.Data):
		default:
		}
		e.hear(string(m.Data))
	})
}

// say sends a text. The remote may have gone.
func (e *end) say(text string) { _ = e.dc.SendText(text) }

// throw sends bytes.
func (e *end) throw(b []byte) { _ = e.dc.Send(b) }

// hangUp ends the connection without a word. DTLS goes first and SCTP sees
// that: all at once, pion waits with a lock held, and a bubble's clock stands.
func (e *end) hangUp() {
	_ = e.pc.SCTP().Transport().Stop()
	time.Sleep(200 * time.Millisecond)
	_ = e.pc.GracefulClose()
}

// alive says whether the link still stands.
func (e *end) alive() bool {
	select {
	case <-e.gone:
		return false
	default:
		return true
	}
}

// ask sends a REQUEST and gives the answer, "" if there is none in time. It
// returns when the link is free again: the piece is here, or was broken off.
func (e *end) ask(url string, within time.Duration) string {
	for len(e.texts) > 0 {
		<-e.texts
	}
	before := e.bytes.Load()
	e.say(`{"event":"REQUEST","url":"` + url + `"}`)
	m := e.answer(url, within)
	for m.Event == "PIECE" && e.bytes.Load() < before+m.Size && e.answer(url, 10*time.Millisecond).Event == "" && e.alive() {
	}
	return m.Event
}

type answer struct {
	Event, URL string
	Size       int64
}

// answer waits for a word about url.
func (e *end) answer(url string, within time.Duration) answer {
	limit := time.After(within)
	for {
		select {
		case text := <-e.texts:
			var m answer
			if json.Unmarshal([]byte(text), &m) == nil && m.URL == url && (m.Event == "PIECE" || m.Event == "LACK" || m.Event == "PIECE_NOT_FOUND") {
				return m
			}
		case <-limit:
			return answer{}
		}
	}
}
