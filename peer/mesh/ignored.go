package mesh

import (
	"slices"
	"time"
)

// Offence says why a message is not heeded. The set is closed, so that it can
// label a counter.
type Offence string

// The offences.
const (
	OwnID     Offence = "own id"          // it names us, or whom it is for, where it must be another peer
	NoID      Offence = "no id"           // it names nobody
	NotAsked  Offence = "not asked"       // it answers nothing that was asked
	NotChild  Offence = "not a child"     // only children may say so
	NotParent Offence = "not a parent"    // only parents may say so
	BadTTL    Offence = "bad ttl"         // it should not have come so far, or not go farther
	BadUplink Offence = "bad uplink"      // no amount of bandwidth
	TooMany   Offence = "too many"        // beyond what is of use, or kept
	Linked    Offence = "already linked"  // the order is carried out already
	NotLinked Offence = "not linked"      // there is no such link
	NoPlace   Offence = "no place"        // every slot is filled, or about to be
	Shunned   Offence = "in quarantine"   // the peer failed us a short while ago
	Outside   Offence = "not in the mesh" // an order before we can make links
)

// heeds says whether the scheduler's order to dial peer is carried out; fit
// says that it can be. One that is not is ignored.
func (f *Fastmesh) heeds(peer PeerID, fit bool) bool {
	switch {
	case fit && f.orders.allows(f.now):
		return true
	case fit:
		f.ignore("", TooMany)
	case f.standing != joined:
		f.ignore("", Outside)
	case peer == "":
		f.ignore("", NoID)
	case peer == f.self:
		f.ignore("", OwnID)
	case f.quarantine.holds(peer, f.now):
		f.ignore("", Shunned)
	case f.links.find(peer) != nil:
		f.ignore("", Linked)
	default:
		f.ignore("", NoPlace)
	}
	return false
}

const (
	// maxOrders is how many lists of candidates, and as many other orders to
	// dial, are heeded in orderWindow. Each can make us give links up that are
	// being made and dial maxDials others; a peer moves once a minute and asks
	// for candidates at most six times in the first 18 s, so eight leave room
	// for an eager scheduler, and bound what a mad one costs us and others.
	maxOrders   = 8
	orderWindow = 10 * time.Second
)

// pace keeps the times of what was heeded lately, at most maxOrders.
type pace []time.Duration

// allows says whether one more is heeded now, and counts it then.
func (p *pace) allows(now time.Duration) bool {
	if len(*p) == maxOrders {
		if now-(*p)[0] < orderWindow {
			return false
		}
		*p = slices.Delete(*p, 0, 1)
	}
	*p = append(*p, now)
	return true
}
