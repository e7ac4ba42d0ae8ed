package peer

import (
	"math/rand/v2"
	"sync"
	"time"

	"hlspeer/peer/mesh"
)

const (
	// probation is how many segments of a new peer are audited, each with
	// fullAudit ranges; a peer with as many audits behind it has a good name.
	probation = 3
	fullAudit = 3
	// rarely is the least likelihood of an audit: none is ever let off.
	rarely = 1. / 16
	// rarelyWhole is the same where the source gives no ranges.
	rarelyWhole = 1. / 64
	// strikeFor is how long a fault of a peer with a good name counts.
	strikeFor = 10 * time.Minute
	// oneFault is how long after it what differs is the same fault still: it was
	// under way.
	oneFault = 5 * time.Second
	// deafFor is how long a source is taken to give no ranges.
	deafFor = 10 * time.Minute

	maxRecords = 4096
	maxDeaf    = 64
)

// auditBook is what a process knows of the honesty of others. Safe for concurrent
// use.
type auditBook struct {
	mu    sync.Mutex
	peers map[mesh.PeerID]*auditRecord
	deaf  map[string]time.Time // hosts that give no ranges, until then
}

// auditRecord is what is known of one peer.
type auditRecord struct {
	passed int       // audits in a row
	strike time.Time // of the fault that was forgiven; zero: none
	barred bool      // its fault was found when it was not asked for anything: the brain is to hear of it
	used   time.Time
}

// of finds or makes a peer's record. The caller holds b.mu.
func (b *auditBook) of(peer mesh.PeerID) *auditRecord {
	r := b.peers[peer]
	if r == nil {
		if b.peers == nil {
			b.peers = map[mesh.PeerID]*auditRecord{}
		}
		if len(b.peers) >= maxRecords {
			b.forgetOne()
		}
		r = &auditRecord{}
		b.peers[peer] = r
	}
	r.used = time.Now()
	return r
}

func (b *auditBook) forgetOne() {
	var oldest mesh.PeerID
	var at time.Time
	for id, r := range b.peers {
		if at.IsZero() || r.used.Before(at) {
			oldest, at = id, r.used
		}
	}
	delete(b.peers, oldest)
}

// ranges is how many ranges of the next segment of a peer are to be audited; where
// the host gives none, above 0 stands for the whole segment. In an alert each
// segment is looked at.
func (b *auditBook) ranges(peer mesh.PeerID, strict, alert bool, host string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(peer)
	deaf := time.Now().Before(b.deaf[host])
	switch {
	case strict, !deaf && r.passed < probation, deaf && r.passed == 0:
		return fullAudit
	case deaf:
		return coin(rarelyWhole)
	case alert:
		return 1
	}
	return coin(max(rarely, probation/float64(r.passed)))
}

func coin(likelihood float64) int {
	if rand.Float64() < likelihood {
		return 1
	}
	return 0
}

// pass notes that a segment of a peer was right.
func (b *auditBook) pass(peer mesh.PeerID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(peer).passed++
}

// believes says that a peer is believed where no audit can be had.
func (b *auditBook) believes(peer mesh.PeerID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(peer).passed > 0
}

// fault notes that a segment of a peer was wrong, and says whether that is forgiven:
// once in ten minutes to a peer with a good name, and to one that says that it has
// the segment from somebody else. It may have been deceived itself.
func (b *auditBook) fault(peer mesh.PeerID, relayed bool) (forgiven bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, now := b.of(peer), time.Now()
	known := r.passed >= probation
	r.passed = 0
	since := now.Sub(r.strike)
	switch {
	case !r.strike.IsZero() && since < oneFault:
		return true
	case (known || relayed) && (r.strike.IsZero() || since >= strikeFor):
		r.strike = now
		return true
	}
	return false
}

// doubt has a peer be looked at like a new one.
func (b *auditBook) doubt(peer mesh.PeerID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(peer).passed = 0
}

// bar has the brain hear of a peer's fault when it next asks it for something.
func (b *auditBook) bar(peer mesh.PeerID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(peer).barred = true
}

// barred says, once, that it was.
func (b *auditBook) barred(peer mesh.PeerID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.peers[peer]
	if r == nil || !r.barred {
		return false
	}
	r.barred = false
	return true
}

// isDeaf says that a host gives no ranges.
func (b *auditBook) isDeaf(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.deaf[host])
}

// deafened notes that a host gives no ranges, and says whether that is news.
func (b *auditBook) deafened(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deaf == nil || len(b.deaf) >= maxDeaf {
		b.deaf = map[string]time.Time{}
	}
	_, known := b.deaf[host]
	b.deaf[host] = time.Now().Add(deafFor)
	return !known
}
