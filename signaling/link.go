package signaling

// DCOpened reports that a link carries data. The child sends it; after a
// displacement the new parent does. Peer to server, protocol 4.5.
//
//	{"action":"dc_opened","dc_id":"A-C","substreams":3,"stream_rate":100000}
type DCOpened struct {
	DCID DCID
	// Substreams is how many substreams the link fills, 1 to 32. A missing or
	// invalid number is read as 1.
	Substreams int
	StreamRate BitRate // of one substream
}

// Action is "dc_opened".
func (DCOpened) Action() string { return "dc_opened" }

func (m DCOpened) appendFields(o *object) { appendLink(o, m.DCID, m.Substreams, m.StreamRate) }

// DCClosed reports that a link has ended. Either side, both or none may send
// it, and Substreams is unreliable: a server releases what it recorded at
// [DCOpened]. Peer to server, protocol 4.5.
//
//	{"action":"dc_closed","dc_id":"A-C","substreams":3,"stream_rate":100000}
type DCClosed struct {
	DCID       DCID
	Substreams int     // as in DCOpened
	StreamRate BitRate // of one substream
}

// Action is "dc_closed".
func (DCClosed) Action() string { return "dc_closed" }

func (m DCClosed) appendFields(o *object) { appendLink(o, m.DCID, m.Substreams, m.StreamRate) }

// DCFailed reports that a link could not be made, or that an open one died with
// an error. Peer to server, protocol 4.5.
//
//	{"action":"dc_failed","dc_id":"A-C"}
type DCFailed struct{ DCID DCID }

// Action is "dc_failed".
func (DCFailed) Action() string { return "dc_failed" }

func (m DCFailed) appendFields(o *object) { o.text("dc_id", string(m.DCID)) }

func appendLink(o *object, id DCID, substreams int, rate BitRate) {
	o.text("dc_id", string(id))
	o.int("substreams", int64(substreams))
	o.rate("stream_rate", rate)
}

func parseDCOpened(v value) (Message, error) {
	id, ok := parseDCID(v.get("dc_id"))
	if !ok {
		return nil, missing("dc_opened", "dc_id")
	}
	return DCOpened{id, parseSlots(v.get("substreams")), v.get("stream_rate").clampedRate()}, nil
}

func parseDCClosed(v value) (Message, error) {
	id, ok := parseDCID(v.get("dc_id"))
	if !ok {
		return nil, missing("dc_closed", "dc_id")
	}
	return DCClosed{id, parseSlots(v.get("substreams")), v.get("stream_rate").clampedRate()}, nil
}

func parseDCFailed(v value) (Message, error) {
	id, ok := parseDCID(v.get("dc_id"))
	if !ok {
		return nil, missing("dc_failed", "dc_id")
	}
	return DCFailed{id}, nil
}

// maxSubstreams is how many substreams a stream can have (protocol 4.2).
const maxSubstreams = 32

// parseSlots reads how many substreams a link fills.
func parseSlots(v value) int {
	if n, ok := v.integer(1, maxSubstreams); ok {
		return int(n)
	}
	return 1
}
