package main

import (
	"fmt"
	"strings"

	"hlspeer/peer"
	brain "hlspeer/peer/mesh"
)

// workingShare is the part of the last minute's bytes that has to come from peers.
const workingShare = 0.5

// verdict says whether P2P works for a playlist.
func (f *trackFacts) verdict() p2pVerdict {
	v := p2pVerdict{Channel: f.channel, Room: f.t.Room}
	share, any := f.min.share()
	feeds := len(f.t.Children)
	switch {
	case any && share >= workingShare:
		v.Works = true
		v.Text = fmt.Sprintf("P2P works: %.0f %% of the bytes of the last minute came from %s.", 100*share, count(f.min.peers, "peer"))
	case feeds > 0 && (f.t.Root || len(f.t.Parents) == 0):
		v.Works = true
		v.Text = fmt.Sprintf("P2P works: this peer takes the channel from the source and feeds %s.", count(feeds, "other"))
	case any && share > 0:
		v.Text = fmt.Sprintf("P2P works in part: %.0f %% of the bytes of the last minute came from %s%s.", 100*share, count(f.min.peers, "peer"), f.because())
	default:
		v.Text = "P2P does not work because " + f.reason() + "."
	}
	return v
}

// because is why most segments did not come from peers, as the end of a sentence.
func (f *trackFacts) because() string {
	why, n := f.min.mostly()
	if why == "" {
		return ""
	}
	return fmt.Sprintf("; for %d of %s %s", n, count(f.min.segments, "segment"), whyPhrase(why))
}

// whyPhrase says why a segment did not come from peers, as the end of a sentence.
func whyPhrase(why string) string {
	if text := noPeerTexts[why].why; text != "" {
		return strings.TrimSuffix(text, ".")
	}
	if text, ok := reasonTexts[brain.Reason(why)]; ok {
		return "a peer was asked, but " + strings.TrimSuffix(text, ".")
	}
	return "it was so: " + why
}

// reason is why nothing comes from peers, as the end of a sentence: the first thing
// on the way from the source to a peer's bytes that is missing.
func (f *trackFacts) reason() string {
	room, known := f.room()
	c := f.t.Connects
	why, n := f.min.mostly()
	switch {
	case f.t.PlaylistAge == nil:
		return "the source does not give its playlist"
	case f.t.Live && *f.t.PlaylistAge > staleAfter.Seconds():
		return fmt.Sprintf("the source stands still: it last answered %s", ageOf(*f.t.PlaylistAge))
	case f.t.Engine == peer.EngineNone:
		return "the engine is none: there is no tracker, or what this playlist has is never shared"
	case f.t.Standing == "rejected":
		return "the tracker has rejected this peer: its key is wrong, or the tracker wants no more peers"
	case f.t.Tracker == "waiting":
		return "the peer has not joined the tracker yet: nobody plays the channel, or it has just begun"
	case f.t.Tracker != "online":
		return "the peer does not reach its tracker"
	case f.t.Standing != "joined":
		return "signals to other peers cannot be sent: the tracker's relay is out of reach"
	case known && room.peers <= 1:
		return "nobody else is in the channel"
	case f.open() == 0 && c != nil && c.NoWay > 0:
		return fmt.Sprintf("no way is found to other peers: %d of %s failed, most likely for NATs or firewalls", c.Failed, count(c.Begun, "connection"))
	case f.open() == 0 && c != nil && c.Failed > 0:
		return fmt.Sprintf("connections to other peers fail: %s", short(c.LastFailure, 100))
	case f.open() == 0 && f.t.Root:
		return "the tracker wants this peer to feed on the source, and nobody takes from it yet"
	case f.open() == 0:
		return "no link to another peer is open, and none has failed: nobody else is there, or nobody has uplink left"
	case f.min.segments == 0:
		return "no segment has come in the last minute: nobody plays the channel"
	case len(f.t.Parents)+len(f.t.Neighbours) == 0:
		return "nobody feeds this peer, though it has links: nobody has uplink left for it"
	case why != "":
		return fmt.Sprintf("those who feed this peer do not deliver: for %d of %s %s", n, count(f.min.segments, "segment"), whyPhrase(why))
	}
	return "nothing has come from peers in the last minute, for no reason that is known"
}
