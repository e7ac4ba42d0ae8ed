package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"hlspeer/hls"
	"hlspeer/peer"
)

const (
	staleAfter  = 30 * time.Second // for the playlist of a live channel
	skewAllowed = 5 * time.Second  // between two clocks
)

// diagnose makes sentences of what was heard.
func diagnose(x examined) diagnosis {
	d := diagnosis{Verdicts: []p2pVerdict{}, Findings: []finding{}}
	d.ofPeer(x)
	if x.source != nil {
		d.ofSource(*x.source)
	}
	for _, t := range x.trackers {
		d.ofTracker(t)
	}
	if x.status != nil {
		for _, c := range x.status.Channels {
			if len(c.Tracks) == 0 {
				d.Verdicts = append(d.Verdicts, p2pVerdict{c.Name, c.Source, false, "P2P does not work because no playlist of the channel is running: nobody plays it, or its source does not answer."})
			}
			for _, t := range c.Tracks {
				d.ofTrack(x, c, t)
			}
		}
		d.ofUplink(x)
	}
	d.ofClocks(x)
	d.Healthy = len(d.Verdicts) > 0
	for _, v := range d.Verdicts {
		d.Healthy = d.Healthy && v.Works
	}
	return d
}

// ofPeer is about the process.
func (d *diagnosis) ofPeer(x examined) {
	switch {
	case x.status == nil:
		d.find("peer", "", findingFault, "Start one with 'hlspeer peer URL', or give --admin the address that it prints.", "No peer answers: %v.", x.peerErr)
		text := "P2P does not work because no peer of hlspeer is running here."
		if !strings.Contains(x.peerErr.Error(), "refused") {
			text = "P2P cannot be judged because no peer of hlspeer answers at " + visible(x.peerBase) + "."
		}
		d.Verdicts = append(d.Verdicts, p2pVerdict{Text: text})
	case x.ready != nil:
		d.find("peer", "", findingWarning, "See below for the source.", "The peer has been running for %s, but is not ready: %v.", age(x.status.Uptime), x.ready)
	default:
		d.find("peer", "", findingOK, "", "The peer at %s has been running for %s and is ready.", visible(x.peerBase), age(x.status.Uptime))
	}
}

// ofSource is about the source as it answers us.
func (d *diagnosis) ofSource(s sourceFacts) {
	where := visible(s.url)
	if s.err != nil {
		d.find("source", "", findingFault, "Open the URL in a browser or with curl; behind a proxy or a login, the peer needs --http-proxy or --header.", "%s gives no playlist: %s.", where, visible(s.err.Error()))
		return
	}
	d.find("source", "", findingOK, "", "%s answered after %s.", where, took(s.took.Seconds()))
	switch {
	case s.list.Master != nil:
		d.find("playlist", "", findingOK, "", "It is a master playlist of %s; each that a player stays with is shared on its own.", count(len(s.list.Master.Renditions), "rendition"))
	default:
		d.ofMedia(s.list.Media)
	}
}

// ofMedia is about the form of a playlist.
func (d *diagnosis) ofMedia(m *hls.Media) {
	kind := "live"
	if m.Ended {
		kind = "a film, or a broadcast that has ended,"
	}
	text := fmt.Sprintf("It is %s with %s of up to %v.", kind, count(len(m.Segments), "segment"), m.TargetDuration)
	switch {
	case m.IFramesOnly:
		d.find("playlist", "", findingWarning, "Give the URL of the playlist that players open.", "It lists I-frames only, which are never shared.")
	case !m.Ended && len(m.Segments) < 3:
		d.find("playlist", "", findingWarning, "A window of at least 4 segments gives peers time to bring them.", "%s That is a short window.", text)
	case m.TargetDuration > 12*time.Second:
		d.find("playlist", "", findingWarning, "Segments of 2 to 6 s travel better.", "%s Long segments come late from peers.", text)
	default:
		d.find("playlist", "", findingOK, "", "%s", text)
	}
}

// ofTracker is about a tracker as it answers us.
func (d *diagnosis) ofTracker(t trackerFacts) {
	where := visible(t.base)
	switch {
	case t.quiet:
		d.find("tracker", "", findingUnknown, "Ask on the tracker's own machine, or look with 'hlspeer debug topology --token'.", "%s answers, but tells this machine nothing about its channels.", where)
	case t.err != nil:
		d.find("tracker", "", findingWarning, "Is the address right, and is the tracker running? A tracker of others may have no such page; then only what the peer says counts.", "%s does not say which channels it has: %v.", where, t.err)
	default:
		d.find("tracker", "", findingOK, "", "%s answers; it has %s.", where, count(len(t.rooms), "channel"))
	}
}

// ofTrack is about one playlist of the peer.
func (d *diagnosis) ofTrack(x examined, c peer.ChannelStatus, t peer.TrackStatus) {
	tr := trackFacts{x: x, channel: c.Name, t: t, segs: &peer.ChannelSegments{}}
	for i := range x.segments {
		if x.segments[i].Room == t.Room {
			tr.segs = &x.segments[i]
		}
	}
	now := x.status.Now
	if now.IsZero() { // an older peer
		now = x.now
	}
	tr.min = lastMinute(tr.segs, now)
	d.Verdicts = append(d.Verdicts, tr.verdict())
	tr.source(d)
	tr.engine(d)
	tr.tracker(d)
	tr.company(d)
	tr.links(d)
	tr.delivery(d)
	tr.player(d)
	tr.cache(d)
}

// ofUplink is about what the peer gives.
func (d *diagnosis) ofUplink(x examined) {
	var sent int64
	children := 0
	for _, c := range x.status.Channels {
		for _, t := range c.Tracks {
			sent += t.Bytes.Uploaded
			children += len(t.Children) + len(t.Neighbours)
		}
	}
	offered := "none"
	if x.status.Upload > 0 {
		offered = bitRate(x.status.Upload)
	}
	switch {
	case x.status.Upload == 0 && x.status.Now.IsZero():
		d.find("uplink", "", findingUnknown, "", "%d KB have been sent to others since the start.", sent/1024)
	case x.status.Upload == 0:
		d.find("uplink", "", findingWarning, "Where others are to have something of this peer, give it --upload.", "No uplink is offered: this peer takes, but does not give.")
	default:
		d.find("uplink", "", findingOK, "", "%s of uplink is offered; %d KB have been sent since the start, and %s may take from it now.", offered, sent/1024, count(children, "other peer"))
	}
}

// ofClocks compares the clocks of peer, tracker and source with ours.
func (d *diagnosis) ofClocks(x examined) {
	compared := []string{}
	wrong := false
	compare := func(who string, skew *time.Duration) {
		if skew == nil {
			return
		}
		if math.Abs(skew.Seconds()) > skewAllowed.Seconds() {
			wrong = true
			way := "ahead of"
			if *skew < 0 {
				way = "behind"
			}
			d.find("clock", "", findingWarning, "Set both by NTP: times in logs and playlists do not agree.", "The clock of %s is %s %s this machine's.", who, took(math.Abs(skew.Seconds())), way)
			return
		}
		compared = append(compared, who)
	}
	if x.status != nil && !x.status.Now.IsZero() {
		skew := x.status.Now.Sub(x.now)
		compare("the peer", &skew)
	}
	for _, t := range x.trackers {
		compare("the tracker "+visible(t.base), t.skew)
	}
	if x.source != nil {
		compare("the source", x.source.skew)
	}
	if !wrong && len(compared) > 0 {
		d.find("clock", "", findingOK, "", "The clocks of %s agree with this machine's within %v.", strings.Join(compared, ", "), skewAllowed)
	}
}
