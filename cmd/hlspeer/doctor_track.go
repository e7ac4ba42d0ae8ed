package main

import (
	"fmt"
	"strings"

	"hlspeer/peer"
)

// trackFacts are what is known of one playlist of the peer.
type trackFacts struct {
	x       examined
	channel string
	t       peer.TrackStatus
	segs    *peer.ChannelSegments
	min     minute
}

// room is what the trackers say of the channel; false: none does.
func (f *trackFacts) room() (room roomFacts, ok bool) {
	for _, t := range f.x.trackers {
		if r, known := t.rooms[string(f.t.Engine)+" "+f.t.Room]; known {
			return r, true
		}
	}
	return room, false
}

// open is how many links there are.
func (f *trackFacts) open() int {
	n := len(f.t.Parents) + len(f.t.Children) + len(f.t.Neighbours)
	if f.t.Standby != nil {
		n++
	}
	return n
}

func (f *trackFacts) source(d *diagnosis) {
	switch {
	case f.t.PlaylistAge == nil:
		d.find("source", f.channel, findingFault, "Open the URL in a browser or with curl.", "The source has not given this playlist to the peer yet.")
	case f.t.Live && *f.t.PlaylistAge > staleAfter.Seconds():
		d.find("source", f.channel, findingFault, "Look at the source; --backup names another one.", "The source last answered %s.", ageOf(*f.t.PlaylistAge))
	case f.t.Edge != nil:
		d.find("source", f.channel, findingOK, "", "The source answered the peer %s; the newest segment is %d.", ageOf(*f.t.PlaylistAge), *f.t.Edge)
	default:
		d.find("source", f.channel, findingOK, "", "The source answered the peer %s.", ageOf(*f.t.PlaylistAge))
	}
}

func (f *trackFacts) engine(d *diagnosis) {
	if f.t.Engine == peer.EngineNone {
		d.find("engine", f.channel, findingFault, "Without a tracker there is none, nor for subtitles, I-frames and audio without a container; see --engine and --tracker of the peer.", "The engine is none: all comes from the HTTP source.")
		return
	}
	kind := "a film"
	if f.t.Live {
		kind = "live"
	}
	d.find("engine", f.channel, findingOK, "", "The engine is %s, the playlist is %s.", short(string(f.t.Engine), 12), kind)
}

func (f *trackFacts) tracker(d *diagnosis) {
	switch {
	case f.t.Engine == peer.EngineNone:
	case f.t.Standing == "rejected":
		d.find("tracker", f.channel, findingFault, "Give the peer the tracker's --key.", "The tracker has rejected this peer.")
	case f.t.Tracker == "waiting":
		d.find("tracker", f.channel, findingWarning, "A peer joins with its first segment: play the channel.", "The peer has not joined the tracker yet.")
	case f.t.Tracker != "online":
		d.find("tracker", f.channel, findingFault, "Is the tracker running, and its address right? 'hlspeer doctor --tracker URL' asks it from here.", "The peer does not reach its tracker (%s).", short(f.t.Tracker, 12))
	case f.t.Standing != "joined":
		d.find("tracker", f.channel, findingFault, "Does a proxy in front of the tracker let WebSockets to /signal pass?", "The peer is at the tracker, but signals to other peers cannot be sent (%s).", short(f.t.Standing, 12))
	default:
		d.find("tracker", f.channel, findingOK, "", "The peer is at the tracker, as %s.", short(string(f.t.PeerID), maxShown))
	}
}

func (f *trackFacts) company(d *diagnosis) {
	r, ok := f.room()
	switch {
	case f.t.Engine == peer.EngineNone:
	case ok && r.peers <= 1:
		d.find("company", f.channel, findingFault, "Others have to come to the same tracker with the same channel: the URL without its query, or --channel.", "Nobody else is in the channel %s.", visible(f.t.Room))
	case ok:
		d.find("company", f.channel, findingOK, "", "%s in the channel; %s of its bytes come from peers.", areOthers(r.peers-1), percent(r.offload))
	case f.open() > 0:
		d.find("company", f.channel, findingOK, "", "Others are there: %s open.", areLinks(f.open()))
	default:
		d.find("company", f.channel, findingUnknown, "Give --tracker to ask it.", "Whether others are in the channel is not known here.")
	}
}

func (f *trackFacts) links(d *diagnosis) {
	if f.t.Engine == peer.EngineNone {
		return
	}
	text := fmt.Sprintf("%s open: %s, %s, %s.", areLinks(f.open()), count(len(f.t.Parents), "parent"), count(len(f.t.Neighbours), "neighbour"), childrenOf(len(f.t.Children)))
	c := f.t.Connects
	switch {
	case c == nil || c.Failed == 0:
		state := findingOK
		if f.open() == 0 {
			state = findingUnknown
		}
		d.find("links", f.channel, state, "", "%s No connection has failed.", text)
		return
	case c.NoWay > 0 && f.open() == 0:
		d.find("links", f.channel, findingFault, natAdvice(f.x.status.ICEServers), "%s %s", text, failuresText(*c))
	default:
		advice := ""
		if c.NoWay > 0 {
			advice = natAdvice(f.x.status.ICEServers)
		}
		d.find("links", f.channel, findingWarning, advice, "%s %s", text, failuresText(*c))
	}
}

// natAdvice is what may be done where packets find no way.
func natAdvice(servers int) string {
	if servers == 0 {
		return "Peers behind NATs or firewalls need --stun stun:HOST:3478, and --turn where that is not enough; 'hlspeer debug nat' shows what others see of this machine."
	}
	return "Do the STUN and TURN servers answer? 'hlspeer debug nat' with the same --stun and --turn shows it; a router that forwards a port serves --udp-port and --advertise."
}

func failuresText(c peer.ConnectStatus) string {
	text := fmt.Sprintf("%d of %s failed", c.Failed, count(c.Begun, "connection"))
	if c.NoWay > 0 {
		text += fmt.Sprintf(", %d of them because packets found no way in time", c.NoWay)
	}
	if c.LastFailure != "" {
		text += "; the last one: " + short(c.LastFailure, 100)
	}
	return text + "."
}

func (f *trackFacts) delivery(d *diagnosis) {
	if f.t.Engine == peer.EngineNone {
		return
	}
	share, ok := f.min.share()
	if !ok {
		d.find("delivery", f.channel, findingUnknown, "Play the channel, and ask again.", "No segment has come in the last minute.")
		return
	}
	why, n := f.min.mostly()
	misses := 0
	for _, l := range f.t.Parents {
		misses += l.Misses
	}
	text := fmt.Sprintf("Of the last minute, %.0f %% came from peers (%d KB), the rest by HTTP (%d KB).", 100*share, f.min.p2p/1024, f.min.http/1024)
	if why != "" {
		text += fmt.Sprintf(" For %d of %s %s.", n, count(f.min.segments, "segment"), whyPhrase(why))
	}
	if f.min.wasted > (f.min.p2p+f.min.http)/10 {
		text += fmt.Sprintf(" %d KB were received and thrown away.", f.min.wasted/1024)
	}
	switch {
	case misses >= 2:
		d.find("delivery", f.channel, findingWarning, "'hlspeer debug parents' shows which; 'hlspeer debug why SN' tells how a segment came.", "%s Parents did not answer %s of their last ten in time.", text, count(misses, "request"))
	case share < 0.5 && !f.t.Root:
		d.find("delivery", f.channel, findingWarning, "'hlspeer debug segments' lists them, 'hlspeer debug why SN' tells the story of one.", "%s", text)
	default:
		d.find("delivery", f.channel, findingOK, "", "%s", text)
	}
}

func (f *trackFacts) player(d *diagnosis) {
	failed := 0.0
	for name, n := range f.x.metrics {
		if strings.HasPrefix(name, `hlspeer_proxy_requests_total{code="5`) {
			failed += n
		}
	}
	switch {
	case f.min.late+f.min.lost > 0:
		d.find("player", f.channel, findingWarning, "'hlspeer debug segments' shows which; a longer window at the source, or --p2p-deadline, gives them more time.", "Of the last minute, %s came after the player was to play them, and %d not at all.", count(f.min.late, "segment"), f.min.lost)
	case failed > 0:
		d.find("player", f.channel, findingWarning, "The log of the peer says what failed.", "%.0f requests of players have been answered with an error since the start.", failed)
	case f.min.segments > 0:
		d.find("player", f.channel, findingOK, "", "No segment of the last minute came too late.")
	}
}

// cache says whether the window of a live channel has room.
func (f *trackFacts) cache(d *diagnosis) {
	if !f.t.Live || f.segs.First == nil || f.segs.Edge == nil || f.min.average == 0 {
		return
	}
	const mib = 1 << 20
	window := int64(*f.segs.Edge-*f.segs.First+1) * f.min.average
	limit := f.x.status.CacheLimit / int64(max(1, len(f.x.status.Channels)))
	if window > limit {
		d.find("cache", f.channel, findingWarning, "Give the peer a larger --cache.", "The window of the playlist has about %.1f MiB, the cache %.1f MiB for this channel: what is evicted cannot be given to others.", float64(window)/mib, float64(limit)/mib)
		return
	}
	d.find("cache", f.channel, findingOK, "", "The window of the playlist has about %.1f MiB, the cache has room for %.1f MiB.", float64(window)/mib, float64(limit)/mib)
}

func areOthers(n int) string {
	if n == 1 {
		return "1 other peer is"
	}
	return fmt.Sprintf("%d other peers are", n)
}

func areLinks(n int) string {
	if n == 1 {
		return "1 link is"
	}
	return fmt.Sprintf("%d links are", n)
}

func childrenOf(n int) string {
	if n == 1 {
		return "1 child"
	}
	return fmt.Sprintf("%d children", n)
}
