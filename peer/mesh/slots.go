package mesh

// slots is the table of substreams: which parent fills which. Segment sn
// belongs to slot sn mod len (mesh 6.2); "" is a slot that the HTTP source
// fills. There is at least one slot.
type slots []PeerID

// index is the slot of sn.
func (s slots) index(sn SN) int {
	n := SN(len(s))
	return int((sn%n + n) % n)
}

// parent is who fills the slot of sn, or "".
func (s slots) parent(sn SN) PeerID { return s[s.index(sn)] }

// count is how many slots peer fills; count("") is how many are free.
func (s slots) count(peer PeerID) (n int) {
	for _, p := range s {
		if p == peer {
			n++
		}
	}
	return n
}

// fill gives up to n free slots to peer, side by side where possible, and
// returns how many.
func (s slots) fill(peer PeerID, n int) int {
	n = min(n, s.count(""))
	at := max(0, s.gap(n))
	for left := n; left > 0; at++ {
		if s[at] == "" {
			s[at] = peer
			left--
		}
	}
	return n
}

// gap is where n free slots begin that lie side by side, or -1.
func (s slots) gap(n int) int {
	run := 0
	for i, p := range s {
		if p != "" {
			run = 0
			continue
		}
		if run++; run == n {
			return i - n + 1
		}
	}
	return -1
}

// release frees the slots of peer and no others.
func (s slots) release(peer PeerID) {
	for i, p := range s {
		if p == peer {
			s[i] = ""
		}
	}
}

// cut frees n slots of peer, the last ones.
func (s slots) cut(peer PeerID, n int) {
	for i := len(s) - 1; i >= 0 && n > 0; i-- {
		if s[i] == peer {
			s[i] = ""
			n--
		}
	}
}

// resize makes a table of n slots in which every parent keeps its share of the
// stream, at least one slot, as long as there is room.
func (s slots) resize(n int) slots {
	out := make(slots, n)
	for _, p := range s {
		if p != "" && out.count(p) == 0 {
			out.fill(p, max(1, s.count(p)*n/len(s)))
		}
	}
	return out
}
