package signaling

import "fmt"

// ParsePeer reads what a scheduler or a relay receives from a peer, together
// with the merged fields. Errors wrap [ErrUnknown] or [ErrMalformed]. The
// result shares no memory with text.
func ParsePeer(text []byte) (Message, Envelope, error) {
	v, action, err := open(text, MaxMessage)
	if err != nil {
		return nil, Envelope{}, err
	}
	e := Envelope{Channel: v.get("channel").str(), PeerID: v.get("peer_id").id()}
	m, err := parsePeer(v, action)
	return m, e, err
}

func parsePeer(v value, action string) (Message, error) {
	switch action {
	case "enter":
		return parseEnter(v), nil
	case "leave":
		return Leave{}, nil
	case "ul_bw":
		return parseUplinkBW(v)
	case "get_parents":
		return GetParents{}, nil
	case "transition":
		return TransitionRequest{}, nil
	case "adopt":
		return parseAdoptRequest(v)
	case "dc_opened":
		return parseDCOpened(v)
	case "dc_closed":
		return parseDCClosed(v)
	case "dc_failed":
		return parseDCFailed(v)
	case "statistics":
		return parseStatistics(v), nil
	case "signal":
		return parsePeerSignal(v)
	case "reject":
		return parsePeerReject(v)
	case "announce_hls":
		return parseAnnounceHLS(v)
	}
	return nil, unknown(action)
}

// ParseServer reads what a peer receives on its scheduler or relay socket.
// Errors wrap [ErrUnknown] or [ErrMalformed]. The result shares no memory with
// text.
func ParseServer(text []byte) (Message, error) {
	v, action, err := open(text, MaxMessage)
	if err != nil {
		return nil, err
	}
	switch action {
	case "accept":
		return parseAccept(v), nil
	case "parents":
		return parseParents(v), nil
	case "connect":
		return parseConnect(v)
	case "disconnect":
		return parseDisconnect(v), nil
	case "adopt":
		return parseAdopt(v)
	case "transition":
		return TransitionReply{Success: v.get("success").isTrue()}, nil
	case "reject":
		return parseReject(v), nil
	case "signal":
		return parseServerSignal(v)
	case "ver":
		return parseVersion(v), nil
	case "close":
		return parseRelayClose(v), nil
	}
	return nil, unknown(action)
}

// ParseViewer reads what a server receives from a topology viewer. Errors wrap
// [ErrUnknown] or [ErrMalformed].
func ParseViewer(text []byte) (Message, error) {
	v, action, err := open(text, MaxMessage)
	if err != nil {
		return nil, err
	}
	switch action {
	case "get_topology":
		return GetTopology{Channel: v.get("channel").str()}, nil
	case "get_stats":
		return GetStats{}, nil
	}
	return nil, unknown(action)
}

// ParseFeed reads what a topology viewer receives. A snapshot of a large
// channel is long, so its limit is [MaxFeed]. Errors wrap [ErrUnknown] or
// [ErrMalformed].
func ParseFeed(text []byte) (Message, error) {
	v, action, err := open(text, MaxFeed)
	if err != nil {
		return nil, err
	}
	switch action {
	case "topology":
		return parseTopology(v), nil
	case "join":
		return parseNodeJoin(v)
	case "leave":
		return parseNodeLeave(v)
	case "connect":
		return parseEdgeUp(v)
	case "disconnect":
		return parseEdgeDown(v)
	case "statistics":
		return parseTotals(v), nil
	}
	return nil, unknown(action)
}

// open checks text and finds its action.
func open(text []byte, limit int) (value, string, error) {
	v, err := check(text, limit)
	if err != nil {
		return nil, "", err
	}
	if !v.isObject() {
		return nil, "", fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	action, ok := v.get("action").text(MaxID)
	if !ok {
		return nil, "", fmt.Errorf("%w: no action", ErrMalformed)
	}
	return v, action, nil
}

func unknown(action string) error {
	return fmt.Errorf("%w: action %q", ErrUnknown, action)
}
