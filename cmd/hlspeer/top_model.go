package main

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"hlspeer/hls"
	"hlspeer/peer"
)

// topPanel is what covers the tables.
type topPanel int

const (
	noPanel topPanel = iota
	linkPanel
	whyPanel
	helpPanel
)

// noSegment stands for the newest one.
const noSegment hls.SN = -1

// topModel is all that is shown. Update and View have no other inputs; only the
// commands that Update returns ask the peer.
type topModel struct {
	ctx  context.Context
	base string
	ask  func(context.Context) topAnswer

	width, height int
	ascii         bool

	now      time.Time
	answer   topAnswer // the newest one that was none of errors
	heard    bool      // there is one
	away     time.Time // since when there is no answer; zero: there is
	fault    error     // why
	asking   bool
	paused   bool
	again    time.Time // when the peer was seen to have begun anew
	history  topHistory
	selected topSelection
	sort     int
	panel    topPanel
	scroll   int // lines of the panel
}

// topSelection is what the user has chosen, by name, so that it stays when others
// come and go.
type topSelection struct {
	channel, room string
	link          string
	segment       hls.SN
}

// topTick is the clock, once a second.
type topTick time.Time

func newTopModel(base string, ask func(context.Context) topAnswer) topModel {
	return topModel{ctx: context.Background(), base: base, ask: ask, width: 80, height: 24, asking: true, selected: topSelection{segment: noSegment}}
}

// Init asks for the first time and starts the clock.
func (m topModel) Init() tea.Cmd { return tea.Batch(m.poll(), topClock()) }

func topClock() tea.Cmd {
	return tea.Tick(time.Second, func(now time.Time) tea.Msg { return topTick(now) })
}

func (m topModel) poll() tea.Cmd {
	ctx, ask := m.ctx, m.ask
	return func() tea.Msg { return ask(ctx) }
}

// Update takes a message.
func (m topModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case topTick:
		m.now = time.Time(msg)
		if m.asking || m.paused {
			return m, topClock()
		}
		m.asking = true
		return m, tea.Batch(m.poll(), topClock())
	case topAnswer:
		m.asking = false
		m.hear(msg)
	case tea.KeyPressMsg:
		return m.press(msg.String())
	}
	return m, nil
}

// hear takes an answer of the peer.
func (m *topModel) hear(a topAnswer) {
	m.now = a.at
	if a.err != nil {
		if m.away.IsZero() {
			m.away = a.at
			if m.heard {
				m.away = m.answer.at // that is how long nothing new is known
			}
		}
		m.fault = a.err
		return
	}
	if m.history.add(a.at, a.status) {
		m.again, m.selected.segment = a.at, noSegment
	}
	m.answer, m.heard, m.away, m.fault = a, true, time.Time{}, nil
}

// press takes a key.
func (m topModel) press(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "Q", "ctrl+c":
		return m, tea.Quit
	case "esc":
		m.panel = noPanel
	case "?", "h":
		m.toggle(helpPanel)
	case "enter":
		m.toggle(linkPanel)
	case "w":
		m.toggle(whyPanel)
	case "tab", "right":
		m.nextTrack(1)
	case "shift+tab", "left":
		m.nextTrack(-1)
	case "up", "k":
		m.vertical(-1)
	case "down", "j":
		m.vertical(1)
	case ",", "<":
		m.nextSegment(-1)
	case ".", ">":
		m.nextSegment(1)
	case "s":
		m.sort = (m.sort + 1) % len(topSorts)
	case "p", "space":
		m.paused = !m.paused
	}
	return m, nil
}

// toggle opens a panel, or closes it.
func (m *topModel) toggle(p topPanel) {
	if m.scroll = 0; m.panel == p {
		p = noPanel
	}
	m.panel = p
}

// topTrack is a track with its place in the list; a channel of which nothing runs
// has one without a room.
type topTrack struct {
	peer.TrackStatus
	channel string
}

// tracks are all that there are.
func (m topModel) tracks() (all []topTrack) {
	for _, c := range m.answer.status.Channels {
		for _, t := range c.Tracks {
			all = append(all, topTrack{t, c.Name})
		}
		if len(c.Tracks) == 0 {
			all = append(all, topTrack{channel: c.Name})
		}
	}
	return all
}

// trackIndex is the place of the selected one, or 0.
func (m topModel) trackIndex(all []topTrack) int {
	return max(0, slices.IndexFunc(all, func(t topTrack) bool { return t.channel == m.selected.channel && t.Room == m.selected.room }))
}

// track is the selected one; ok is false while there is none.
func (m topModel) track() (t topTrack, ok bool) {
	all := m.tracks()
	if len(all) == 0 {
		return t, false
	}
	return all[m.trackIndex(all)], true
}

func (m *topModel) nextTrack(by int) {
	all := m.tracks()
	if len(all) == 0 {
		return
	}
	t := all[(m.trackIndex(all)+by+len(all))%len(all)]
	m.selected = topSelection{channel: t.channel, room: t.Room, segment: noSegment}
	m.scroll = 0
}

// linkIndex is the place of the selected link, or 0.
func (m topModel) linkIndex(all []topLink) int {
	return max(0, slices.IndexFunc(all, func(l topLink) bool { return l.name() == m.selected.link }))
}

// vertical selects another link, or scrolls the panel that covers them.
func (m *topModel) vertical(by int) {
	if m.panel == whyPanel || m.panel == helpPanel {
		m.scroll = max(0, min(m.scroll+by, len(m.panelLines())-m.panelHeight()))
		return
	}
	if all := m.links(); len(all) > 0 {
		m.selected.link = all[max(0, min(len(all)-1, m.linkIndex(all)+by))].name()
	}
}

// segments are those of the selected track.
func (m topModel) segments() peer.ChannelSegments {
	t, ok := m.track()
	for _, c := range m.answer.segments {
		if ok && c.Name == t.channel && c.Room == t.Room {
			return c
		}
	}
	return peer.ChannelSegments{}
}

// nextSegment selects another one; behind the newest is none, which follows it.
func (m *topModel) nextSegment(by int) {
	all := m.strip()
	i := slices.IndexFunc(all, func(p topSegment) bool { return p.SN == m.selected.segment })
	if i < 0 {
		i = len(all) - 1
	}
	m.scroll = 0
	switch i += by; {
	case len(all) == 0, i >= len(all)-1:
		m.selected.segment = noSegment
	default:
		m.selected.segment = all[max(0, i)].SN
	}
}
