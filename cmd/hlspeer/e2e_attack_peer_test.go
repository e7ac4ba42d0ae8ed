//go:build e2e

package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"hlspeer/datachannel"
	"hlspeer/signaling"
)

// A villain is a peer that is pion and nothing else: it can say anything, or
// nothing, to anybody. As a parent it answers offers, as a child it makes them.
type villain struct {
	t *testing.T
	// request is called with each REQUEST that comes, in a goroutine of its own.
	// It may be nil.
	request func(g *grip, r datachannel.Request)
	deaf    bool // reads nothing
	send    func(to signaling.PeerID, data []byte)

	links, asked, left atomic.Int64 // that opened, REQUESTs, and links that the other side ended
	lacks, took        atomic.Int64 // LACKs, and bytes of pieces

	work  sync.WaitGroup
	mu    sync.Mutex
	grips map[signaling.PeerID]*grip // the newest with each peer
	all   []*grip
	over  bool
}

// A grip is a villain's end of a link.
type grip struct {
	v      *villain
	pc     *webrtc.PeerConnection
	dc     *webrtc.DataChannel
	open   chan struct{}
	gone   chan struct{}
	done   chan struct{} // the villain goes
	texts  chan string
	turn   sync.Mutex // one piece at a time
	notice sync.Once
}

func newVillain(t *testing.T, request func(*grip, datachannel.Request)) *villain {
	v := &villain{t: t, request: request, grips: map[signaling.PeerID]*grip{}}
	t.Cleanup(v.leave)
	return v
}

// join brings it into a room of a tracker, with an uplink that it claims.
func (v *villain) join(tracker, room string, uplink signaling.BitRate) {
	v.t.Helper()
	c := signaling.DefaultConfig()
	ws := "ws" + strings.TrimPrefix(tracker, "http")
	c.Schedulers, c.Signalers, c.Room = []string{ws + "/ws"}, []string{ws + "/signal"}, room
	c.Enter = func() signaling.Enter { return signaling.Enter{UplinkBW: uplink, StreamRate: 400e3} }
	client, err := signaling.NewClient(c)
	if err != nil {
		v.t.Fatal(err)
	}
	v.send = func(to signaling.PeerID, data []byte) { _ = client.Signal(to, data) } // it may be leaving
	ctx, cancel := context.WithCancel(context.Background())
	up := make(chan struct{}, 16)
	v.work.Go(func() { _ = client.Run(ctx) }) // fails only when called twice
	v.work.Go(func() {
		for ev := range client.Events() {
			switch ev := ev.(type) {
			case signaling.RelayUp:
				up <- struct{}{}
			case signaling.Signaled:
				v.signaled(ev.From, ev.Data)
			}
		}
	})
	v.t.Cleanup(cancel)
	select {
	case <-up:
	case <-time.After(20 * time.Second):
		v.t.Fatal("the villain does not get into the room")
	}
}

func (v *villain) leave() {
	v.mu.Lock()
	v.over = true
	all := v.all
	v.mu.Unlock()
	for _, g := range all {
		close(g.done)
		_ = g.pc.Close()
	}
	v.work.Wait()
}

// villainSignal is what goes over the relay.
type villainSignal struct {
	Type      string                   `json:"type,omitempty"`
	SDP       string                   `json:"sdp,omitempty"`
	Candidate *webrtc.ICECandidateInit `json:"candidate,omitempty"`
}

func (v *villain) signaled(from signaling.PeerID, data []byte) {
	var s villainSignal
	if json.Unmarshal(data, &s) != nil {
		return
	}
	v.mu.Lock()
	g := v.grips[from]
	v.mu.Unlock()
	switch {
	case s.Type == "offer":
		if g = v.grip(from); g == nil {
			return
		}
		g.pc.OnDataChannel(g.use)
		if g.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: s.SDP}) != nil {
			return
		}
		if answer, err := g.pc.CreateAnswer(nil); err == nil {
			v.describe(from, g, answer)
		}
	case g == nil:
	case s.Type == "answer":
		_ = g.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.SDP})
	case s.Candidate != nil:
		_ = g.pc.AddICECandidate(*s.Candidate) // of a link that is over, perhaps
	}
}

// dial makes it a child of a peer.
func (v *villain) dial(id signaling.PeerID) *grip {
	v.t.Helper()
	g := v.grip(id)
	dc, err := g.pc.CreateDataChannel("data", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	g.use(dc)
	offer, err := g.pc.CreateOffer(nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.describe(id, g, offer)
	select {
	case <-g.open:
	case <-time.After(20 * time.Second):
		v.t.Fatal("the victim does not let the villain in")
	}
	return g
}

// describe sends a description with all candidates in it.
func (v *villain) describe(to signaling.PeerID, g *grip, d webrtc.SessionDescription) {
	gathered := webrtc.GatheringCompletePromise(g.pc)
	if g.pc.SetLocalDescription(d) != nil {
		return
	}
	<-gathered
	data, err := json.Marshal(villainSignal{Type: d.Type.String(), SDP: g.pc.LocalDescription().SDP})
	if err != nil {
		v.t.Error(err)
	}
	v.send(to, data)
}

// grip is a new end; nil after leave.
func (v *villain) grip(with signaling.PeerID) *grip {
	var engine webrtc.SettingEngine
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(nil), webrtc.WithInterceptorRegistry(nil)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		v.t.Error(err)
		return nil
	}
	g := &grip{
		v: v, pc: pc, open: make(chan struct{}), gone: make(chan struct{}), done: make(chan struct{}), texts: make(chan string, 1<<14),
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		_ = pc.Close()
		return nil
	}
	v.grips[with], v.all = g, append(v.all, g)
	return g
}

func (g *grip) use(dc *webrtc.DataChannel) {
	g.dc = dc
	dc.OnOpen(func() { g.v.links.Add(1); close(g.open) })
	dc.OnClose(func() { g.notice.Do(func() { g.v.left.Add(1); close(g.gone) }) })
	dc.OnMessage(g.hear)
}

func (g *grip) hear(m webrtc.DataChannelMessage) {
	if g.v.deaf {
		<-g.done
		return
	}
	if !m.IsString {
		g.v.took.Add(int64(len(m.Data)))
		return
	}
	parsed, err := datachannel.Parse(m.Data)
	if err != nil {
		return
	}
	switch r := parsed.(type) {
	case datachannel.Request:
		if g.v.asked.Add(1); g.v.request != nil {
			go g.v.request(g, r)
		}
	case datachannel.Lack:
		g.v.lacks.Add(1)
	}
	select {
	case g.texts <- string(m.Data):
	default:
	}
}

// say sends a text, throw bytes. The remote may have gone.
func (g *grip) say(text string) { _ = g.dc.SendText(text) }

func (g *grip) throw(b []byte) { _ = g.dc.Send(b) }

// rest passes time, for as long as there is somebody to annoy.
func (g *grip) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-g.gone:
	case <-g.done:
	}
}

func (g *grip) alive() bool {
	select {
	case <-g.gone:
		return false
	default:
		return true
	}
}

// packet is what a villain's packets hold.
const packet = 16 << 10

func packets(n int) int { return (n + packet - 1) / packet }

// header announces a piece.
func (g *grip) header(r datachannel.Request, attachments, size int) {
	g.say(fmt.Sprintf(`{"event":"PIECE","attachments":%d,"url":%q,"sn":%d,"size":%d,"current":%d}`, attachments, r.URL, r.SN, size, r.SN))
}

// pour sends a body in packets, with pauses.
func (g *grip) pour(body []byte, every time.Duration) {
	for len(body) > 0 && g.alive() {
		n := min(packet, len(body))
		g.throw(body[:n])
		if body = body[n:]; every > 0 {
			g.rest(every)
		}
	}
}

// piece sends a body as a peer should.
func (g *grip) piece(r datachannel.Request, body []byte) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.header(r, packets(len(body)), len(body))
	g.pour(body, 0)
}
