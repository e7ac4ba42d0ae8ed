package mesh

import (
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

// silent notes that nothing comes over an open link any more. If that is so of
// all links the fault may be ours, and they all stay.
func (f *Fastmesh) silent(peer PeerID) {
	l := f.links.find(peer)
	if l == nil || !l.state.open() || l.quiet {
		return
	}
	l.quiet, l.leaveAt = true, f.now+certainAfter
	if slices.ContainsFunc(f.links, func(l *link) bool { return l.state.open() && !l.quiet }) {
		return
	}
	for _, l := range f.links {
		l.leaveAt = Never
	}
}

// heard takes that back.
func (f *Fastmesh) heard(peer PeerID) {
	if l := f.links.find(peer); l != nil && l.quiet {
		l.quiet, l.leaveAt = false, Never
		f.online()
	}
}

// online notes that our network works: what stays silent now is gone.
func (f *Fastmesh) online() {
	for _, l := range f.links {
		if l.quiet {
			l.leaveAt = min(l.leaveAt, f.now+recoverIn)
		}
	}
}

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
