package datachannel

import "encoding/json"

const eventGrant = "GRANT"

// Grant answers a [Transition] (parent to child, passed on downwards, protocol
// 3.9):
//
//	{"event":"GRANT","delay":0,"TTL":1,"parents":[{"peer_id":"C","substreams":3}],
//	 "from_peer_id":"A","to_peer_id":"B"}
type Grant struct {
	Delay   float64       // the granter's depth in the tree; only to be compared
	TTL     int           // hops left
	Parents []GrantParent // the granter's parents, at most 16; empty if it has none
	From    PeerID        // the granter
	To      PeerID        // the requester
}

// GrantParent is one parent of the granter.
type GrantParent struct {
	PeerID     PeerID
	Substreams int // how many it fills, 1 to 32
}

// Event implements [Message].
func (Grant) Event() string { return eventGrant }

func (m Grant) appendFields(dst []byte) []byte {
	dst = appendFloat(dst, "delay", m.Delay)
	dst = appendInt(dst, "TTL", int64(m.TTL))
	dst = append(appendKey(dst, "parents"), '[')
	for i, p := range m.Parents {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"peer_id":`...)
		dst = appendQuoted(dst, string(p.PeerID))
		dst = appendInt(dst, "substreams", int64(max(p.Substreams, 1)))
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	dst = appendString(dst, "from_peer_id", string(m.From))
	return appendString(dst, "to_peer_id", string(m.To))
}

func parseGrant(f *fields) (Message, string) {
	var delay float64
	if !f.Delay.absent() {
		var ok bool
		if delay, ok = f.Delay.float(); !ok || delay < 0 || delay > maxHops {
			return nil, "delay is not a depth"
		}
	}
	ttl, ok := f.TTL.integer(-maxHops, maxHops)
	if !ok {
		return nil, "TTL is not a number of hops"
	}
	parents, ok := f.Parents.grantParents()
	if !ok {
		return nil, "parents is not an array"
	}
	from, ok := f.From.id()
	if !ok {
		return nil, "from_peer_id is not an id"
	}
	to, ok := f.To.id()
	if !ok {
		return nil, "to_peer_id is not an id"
	}
	return Grant{Delay: delay, TTL: int(ttl), Parents: parents, From: from, To: to}, ""
}

// grantParents reads the list of parents. Entries without an id are skipped;
// what is above the limit is dropped.
func (v value) grantParents() ([]GrantParent, bool) {
	if v.absent() {
		return nil, true
	}
	var entries []value
	if json.Unmarshal(v, &entries) != nil {
		return nil, false
	}
	var parents []GrantParent
	for _, e := range entries {
		if len(parents) == MaxGrantParents {
			break
		}
		if p, ok := e.grantParent(); ok {
			parents = append(parents, p)
		}
	}
	return parents, true
}

// grantParent reads one parent: an object, or in the older form a bare id.
func (v value) grantParent() (GrantParent, bool) {
	var o struct {
		PeerID     value `json:"peer_id"`
		Substreams value `json:"substreams"`
	}
	if len(v) > 0 && v[0] == '{' {
		if json.Unmarshal(v, &o) != nil {
			return GrantParent{}, false
		}
	} else {
		o.PeerID = v
	}
	id, ok := o.PeerID.id()
	return GrantParent{PeerID: id, Substreams: o.Substreams.substreams()}, ok
}
