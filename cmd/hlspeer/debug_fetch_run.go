package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"time"

	"hlspeer/datachannel"
	"hlspeer/hls"
	"hlspeer/peer"
	"hlspeer/signaling"
)

// fetch is one attempt to get a segment from a peer. Everything happens in the
// goroutine of run; what comes from elsewhere comes over events.
type fetch struct {
	o      *fetchOptions
	config peer.Config
	began  time.Time
	tell   func(fetchStep) // as they are reached; nil: nobody
	events chan func() error
	report fetchReport

	origin  *hls.Origin
	name    string        // of the segment between peers
	length  time.Duration // of the segment
	source  []byte        // nil: not to be had
	swarm   bool
	tracker fetchTracker
	self    signaling.PeerID

	link    *datachannel.Link
	remote  signaling.PeerID
	reached time.Time // the last phase
	size    int64
	first   time.Time // byte
}

// fetchTracker is a client of either kind of tracker.
type fetchTracker interface {
	Run(ctx context.Context) error
	Events() <-chan signaling.Event
	Send(m signaling.Message) error
	Signal(to signaling.PeerID, data []byte) error
}

// errFetched ends the loop in good order.
var errFetched = errors.New("done")

func newFetch(o *fetchOptions, c peer.Config) *fetch {
	return &fetch{
		o: o, config: c, began: time.Now(), events: make(chan func() error, 1024),
		report: fetchReport{SN: o.sn, Steps: []fetchStep{}},
	}
}

// step notes what has been reached.
func (f *fetch) step(what, format string, args ...any) {
	s := fetchStep{float64(time.Since(f.began).Microseconds()) / 1000, what, visible(fmt.Sprintf(format, args...))}
	f.report.Steps = append(f.report.Steps, s)
	if f.tell != nil {
		f.tell(s)
	}
}

// lap is the time since the last phase, which ends here.
func (f *fetch) lap() *float64 {
	now := time.Now()
	ms := float64(now.Sub(f.reached).Microseconds()) / 1000
	f.reached = now
	return &ms
}

// post hands what happened to the loop; what is too much for it is lost.
func (f *fetch) post(do func() error) {
	select {
	case f.events <- do:
	default:
	}
}

// run tries it until ctx ends. The report says what came of it.
func (f *fetch) run(ctx context.Context) {
	f.reached = f.began
	err := f.attempt(ctx)
	switch {
	case errors.Is(err, errFetched):
		f.compare()
	case err == nil || ctx.Err() != nil:
		f.report.fault(fmt.Errorf("%w; %s", context.Cause(ctx), f.waiting()))
	default:
		f.report.fault(err)
	}
}

func (f *fetch) attempt(ctx context.Context) error {
	f.origin = hls.NewOrigin(f.config.Origin)
	defer f.origin.Close()
	if err := f.read(ctx); err != nil {
		return err
	}
	host, err := datachannel.NewHost(f.config.Link)
	if err != nil {
		return err
	}
	defer host.Close()
	if f.tracker, err = f.client(); err != nil {
		return err
	}
	life, leave := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by a `leave`
	ended := make(chan error, 1)
	f.reached = time.Now()
	go func() { ended <- f.tracker.Run(life) }()
	err = f.loop(ctx, host)
	if f.link != nil {
		f.link.Close(nil)
		<-f.link.Done()
	}
	leave()
	for range f.tracker.Events() { // what it still has to say
	}
	return errors.Join(err, <-ended)
}

// read reads the playlist, and the segment from the source.
func (f *fetch) read(ctx context.Context) error {
	u, err := url.Parse(f.o.url)
	if err != nil {
		return errors.New("the URL cannot be read")
	}
	f.report.Room = f.o.servers.channel
	if f.report.Room == "" {
		f.report.Room = hls.Redact(u)
	}
	list, err := f.origin.Playlist(ctx, u, nil)
	switch {
	case err != nil:
		return fmt.Errorf("the source gives no playlist: %w", err)
	case list.Media == nil:
		return fmt.Errorf("this is a master playlist: give the URL of one of the %d that it names", len(list.Master.Renditions))
	case len(list.Media.Segments) == 0:
		return errors.New("the playlist lists no segments")
	}
	m := list.Media
	segments := m.Segments
	first, last := segments[0].SN, segments[len(segments)-1].SN
	sn := hls.SN(f.o.sn)
	if sn < first || sn > last {
		return fmt.Errorf("the playlist does not list segment %d: it has %d to %d", sn, first, last)
	}
	seg := segments[sn-first]
	name, ok := seg.Identity()
	if !ok || !seg.Shareable() {
		return fmt.Errorf("segment %d is not shared between peers: it is no part of MPEG-TS or fMP4", sn)
	}
	f.name, f.length, f.swarm = name, seg.Duration, m.Ended
	if f.o.engine != string(peer.EngineAuto) {
		f.swarm = f.o.engine == string(peer.EngineBitTorrent)
	}
	f.step("playlist", "the source lists %d to %d; segment %d is called %s", first, last, sn, f.name)
	var got sourceBytes
	if err := f.origin.Segment(ctx, seg, 0, &got); err != nil {
		f.step("source", "the source does not give the segment, nothing can be compared: %v", err)
		return nil
	}
	f.source = got.Bytes()
	n := int64(len(f.source))
	f.report.SourceBytes = &n
	f.step("source", "the source's segment has %d bytes", n)
	return nil
}

// sourceBytes takes a segment of the source, whose length is limited there.
type sourceBytes struct{ bytes.Buffer }

func (*sourceBytes) Began(time.Time)     {}
func (*sourceBytes) SetSize(int64) error { return nil }

// client makes what talks to the tracker.
func (f *fetch) client() (fetchTracker, error) {
	enter := func() signaling.Enter {
		return signaling.Enter{Channel: f.report.Room, Browser: "hlspeer", Device: "PC", OS: runtime.GOOS}
	}
	if f.swarm {
		c := f.config.Swarm
		c.Announces, c.Signalers, c.Key, c.Room, c.Enter = f.config.Announces, f.config.Signalers, f.config.Key, f.report.Room, enter
		return signaling.NewSwarm(c)
	}
	c := f.config.Signal
	c.Schedulers, c.Signalers, c.Key, c.Room, c.Enter = f.config.Schedulers, f.config.Signalers, f.config.Key, f.report.Room, enter
	return signaling.NewClient(c)
}

// loop works off what happens, until the segment is there or cannot come.
func (f *fetch) loop(ctx context.Context, host *datachannel.Host) error {
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case do := <-f.events:
			err = do()
		case ev := <-f.tracker.Events():
			err = f.signaled(host, ev)
		}
		if err != nil {
			return err
		}
	}
}

// waiting says what was being waited for.
func (f *fetch) waiting() string {
	p := f.report.Phases
	switch {
	case f.tracker == nil:
		return "the source was being asked"
	case f.self == "":
		return "the tracker had not answered"
	case p.Tracker == nil:
		return "the tracker's relay had not answered"
	case f.remote == "":
		return "the tracker had named no peer: nobody else is there, or nobody has uplink left"
	case p.Signalling == nil:
		return "the peer had not answered the offer: it has gone, or wants no more links"
	case p.ICE == nil:
		return "no way had been found to the peer: NATs or firewalls; see 'hlspeer debug nat', and try --stun and --turn"
	case p.Channel == nil:
		return "the channel was not open yet"
	case p.Piece == nil:
		return "the peer had not answered the REQUEST"
	}
	return fmt.Sprintf("%d of %d bytes had come", f.report.Bytes, f.size)
}

// compare compares what came with the source's.
func (f *fetch) compare() {
	r := &f.report
	r.OK = true
	if f.source == nil {
		return
	}
	same := bytes.Equal(f.source, r.data)
	r.Same = &same
	if !same {
		r.OK = false
		at := int64(0)
		for at < int64(min(len(f.source), len(r.data))) && f.source[at] == r.data[at] {
			at++
		}
		r.DiffersAt = &at
	}
}
