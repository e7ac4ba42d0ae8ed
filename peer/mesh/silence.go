package mesh

import (
	"iter"
	"slices"
	"time"
)

const (
	// certainAfter is how long a link must have been silent while others are
	// not. All links fall silent when our own network fails, but not in the same
	// moment.
	certainAfter = 500 * time.Millisecond
	// recoverIn is how long after a sign that our network works again the links
	// that live are heard.
	recoverIn = 2 * time.Second
)

// hearing is whether anything comes over an open link.
type hearing struct {
	quiet   bool
	leaveAt time.Duration // when a link that stays quiet is left; Never: not yet
}

// hush notes that nothing comes any more over h, one of the open links. If that
// is so of all links the fault may be ours, and they all stay.
func (h *hearing) hush(open iter.Seq[*hearing], now time.Duration) {
	if h.quiet {
		return
	}
	h.quiet, h.leaveAt = true, now+certainAfter
	for o := range open {
		if !o.quiet {
			return
		}
	}
	for o := range open {
		o.leaveAt = Never
	}
}

// back says whether h was quiet, and takes it back.
func (h *hearing) back() bool {
	was := h.quiet
	*h = hearing{leaveAt: Never}
	return was
}

// online notes that our network works: of the open links, what stays silent now
// is gone.
func online(open iter.Seq[*hearing], now time.Duration) {
	for h := range open {
		if h.quiet {
			h.leaveAt = min(h.leaveAt, now+recoverIn)
		}
	}
}

// silent notes that nothing comes over an open link any more.
func (f *Fastmesh) silent(peer PeerID) {
	if l := f.links.find(peer); l != nil && l.state.open() {
		l.hush(f.links.hearings(), f.now)
	}
}

// heard takes that back.
func (f *Fastmesh) heard(peer PeerID) {
	if l := f.links.find(peer); l != nil && l.back() {
		f.online()
	}
}

// online notes that our network works.
func (f *Fastmesh) online() { online(f.links.hearings(), f.now) }

// forsake leaves the parents that have fallen silent, long before their links
// are known to be dead, and a standby of which nobody would hear otherwise.
func (f *Fastmesh) forsake() {
	for _, l := range slices.Clone(f.links) {
		if !l.state.upward() || f.now < l.leaveAt {
			continue
		}
		f.quarantine.slow(l.peer, f.now)
		f.act(Drop{Peer: l.peer, Reason: Silence})
		f.end(l, true)
	}
}

// nextForsaking is when forsake has something to do.
func (f *Fastmesh) nextForsaking() time.Duration {
	next := Never
	for _, l := range f.links {
		if l.state.upward() {
			next = min(next, l.leaveAt)
		}
	}
	return next
}
