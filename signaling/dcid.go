package signaling

import "strings"

// A DCID names the link between two peers towards the scheduler:
// "<child>-<parent>" (protocol 4.5). The order says who receives.
type DCID string

// NewDCID returns the name of the link on which child receives from parent.
func NewDCID(child, parent PeerID) DCID {
	return DCID(child + "-" + parent)
}

// Split finds the two ids again. Ids may hold hyphens themselves, so it tries
// every hyphen and takes the one at which known accepts both halves. It fails
// when there is no such place, or more than one.
func (d DCID) Split(known func(PeerID) bool) (child, parent PeerID, ok bool) {
	for i := range len(d) {
		if d[i] != '-' {
			continue
		}
		c, p := PeerID(d[:i]), PeerID(d[i+1:])
		if c == "" || p == "" || c == p || !known(c) || !known(p) {
			continue
		}
		if ok {
			return "", "", false
		}
		child, parent, ok = c, p, true
	}
	return child, parent, ok
}

// maxDCID is two ids and the hyphen.
const maxDCID = 2*MaxID + 1

func parseDCID(v value) (DCID, bool) {
	s, ok := v.text(maxDCID)
	return DCID(s), ok && strings.Contains(s, "-")
}
