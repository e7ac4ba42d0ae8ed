package main

import (
	"fmt"
	"slices"

	"hlspeer/peer"
	brain "hlspeer/peer/mesh"
)

// reasonTexts are sentences for the reasons of the brain.
var reasonTexts = map[brain.Reason]string{
	brain.BadSize:    "it sent more or less than it had promised.",
	brain.BadContent: "its bytes are not those of the segment.",
	brain.Broken:     "the transfer broke off.",
	brain.NotFound:   "the HTTP source does not have it (404 or 410).",
	brain.Refused:    "the HTTP source answered, but not with the segment.",
	brain.NoAnswer:   "the HTTP source could not be reached, or stopped sending.",
	brain.LinkLost:   "the link to it was lost.",
	brain.TimedOut:   "it took too long for the player to wait.",
	brain.Lack:       "it answered that it does not have the segment (LACK).",
	brain.Misses:     "it had missed too many deadlines.",
	brain.Silence:    "its link had fallen silent.",
	brain.Replaced:   "another parent had taken its place.",
	brain.Ordered:    "the tracker had ordered so.",
	brain.Stopping:   "one of the two was stopping.",
	brain.Full:       "there was no place for it.",
	brain.Idle:       "nobody was waiting for it, and no peer had it.",
	brain.Behind:     "that parent had long been behind us.",
	brain.Cycle:      "it was above and below us in the mesh.",
}

// reasonText is a sentence for a reason.
func reasonText(why string) string {
	if text, ok := reasonTexts[brain.Reason(why)]; ok {
		return text
	}
	if text, ok := auditReasons[brain.Reason(why)]; ok {
		return text
	}
	return orDash(short(why, maxShown)) + "."
}

// noPeerTexts say why no peer was asked, and what to do about it.
var noPeerTexts = map[string]struct{ why, advice string }{
	peer.NotShared: {
		"segments of this playlist are not shared between peers, by the engine that was chosen or by what they are.",
		"",
	},
	peer.NoTracker: {
		"there is no tracker.",
		"Give the peer a --tracker that others use for the same channel.",
	},
	peer.NotJoined: {
		"the peer had not joined the channel at the tracker yet, or could not reach it.",
		"That is so for the first segments after the start. If it stays so, 'hlspeer debug parents' shows the state of the tracker.",
	},
	peer.Unwatched:   {"no player had stayed with this playlist yet.", ""},
	peer.HeldBack:    {"the channel goes without peers for half an hour, to compare P2P with HTTP (--holdback).", ""},
	peer.IsRoot:      {"the tracker wants this peer to feed on the source, as the root of others.", ""},
	peer.NoParent:    {"no peer was feeding this one.", "See with 'hlspeer debug topology' whether others are there and have uplink left; behind NATs, peers need --stun or --turn."},
	peer.NoTime:      {"there was no time left for a parent to bring it, or none that feeds us could be asked for it.", "That is usual for the first segments of a player, and after it has jumped; else look at the segments before this one."},
	peer.NoNeighbour: {"nobody else was in the swarm.", ""},
	peer.OwnTurn:     {"no neighbour had it in time, or it was our turn to bring it to all.", ""},
}

// whyText says why a segment does not come from peers only; "" where it does.
func whyText(p peer.Provenance) string {
	last := lastPeer(p)
	switch {
	case p.Failed == "" && p.HTTP == 0 && !usedHTTP(p):
		return ""
	case !p.Asked:
		text := noPeerTexts[p.NoPeer].why
		if text == "" {
			return ""
		}
		return "No peer was asked: " + text
	case last == nil:
		return ""
	case last.Outcome == peer.Met:
		return fmt.Sprintf("Not from peers only: peer %s would not have been done in time, so the source brought the end.", short(string(last.From), maxShown))
	case last.Reason != "":
		return fmt.Sprintf("Not from peers only: peer %s was asked, but %s", short(string(last.From), maxShown), reasonText(string(last.Reason)))
	}
	return ""
}

func usedHTTP(p peer.Provenance) bool {
	return slices.ContainsFunc(p.Attempts, func(s peer.Step) bool { return s.Source == "http" })
}

// lastPeer is the last attempt of a peer that ended and did not complete the
// segment; nil: there is none.
func lastPeer(p peer.Provenance) *peer.Step {
	for i := len(p.Attempts) - 1; i >= 0; i-- {
		if s := &p.Attempts[i]; s.Source != "http" && s.Ended != nil && s.Outcome != peer.Complete {
			return s
		}
	}
	return nil
}

// advise is a line on what may be done, or what lies behind; "" for none.
func advise(p peer.Provenance) string {
	switch {
	case p.Failed != "":
		return "Neither a peer nor the source had it in time: look at the source."
	case !p.Asked:
		return noPeerTexts[p.NoPeer].advice
	}
	s := lastPeer(p)
	if s == nil {
		return ""
	}
	switch s.Reason {
	case brain.Lack:
		return "The parent did not have it itself: look at the parent with these commands, or for losses above it."
	case brain.LinkLost, brain.Broken, brain.Silence:
		return "The parent has gone, or the way to it is bad: 'hlspeer debug parents' shows who took its place."
	case brain.BadContent, brain.BadSize:
		return "The peer or the source gives other bytes than it should: compare what they have."
	}
	waited := *s.Ended
	if s.First != nil && s.Last != nil && s.Bytes > 0 {
		return paceText(s.Bytes, *s.First, *s.Last, waited)
	}
	switch {
	case s.Bytes == 0 && s.First == nil && s.InHand > 1:
		return fmt.Sprintf("The parent had not sent anything within %s; it was asked for %s at once.", took(waited), count(s.InHand, "segment"))
	case s.Bytes == 0 && s.First == nil:
		return fmt.Sprintf("The parent had not sent anything within %s: it may be waiting for the segment itself, or its uplink is full.", took(waited))
	}
	return ""
}

// stoppedAfter is after how many seconds of silence a parent has stopped rather than
// being slow.
const stoppedAfter = 0.5

// paceText says how fast a parent was that brought n bytes, the first and the last of
// them so many seconds after it was asked, and that was waited for no longer.
func paceText(n int64, first, last, waited float64) string {
	if waited-last > stoppedAfter {
		return fmt.Sprintf("The parent stopped in the middle: nothing more came in the last %s.", took(waited-last))
	}
	if last <= first {
		return ""
	}
	return fmt.Sprintf("The parent sent %s: its uplink, or the way from it, carries no more, or it has the segment no faster itself.", bitRate(int64(8*float64(n)/(last-first))))
}
