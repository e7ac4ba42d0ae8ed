package signaling

// Enter asks to join a channel. It is the first message on a scheduler socket
// and the only one without merged fields. Peer to server, protocol 4.1.
//
//	{"action":"enter","channel":"http://host/live.m3u8","ul_bw":4194304,
//	 "browser":"pion-hls","device":"PC","os":"Linux"}
//
// The optional fields test, ISP and province override what the server would
// look up about the peer; they are absent when empty.
//
// Two fields are extensions. resume_peer_id (protocol 11.3, X11) is the id that
// the peer held before it lost its socket; a server may give it again if nobody
// else holds it. stream_rate is the bit rate of the whole stream as the peer
// measured it, so that a server can count substreams before the first
// dc_opened.
type Enter struct {
	// Channel is the playlist URL without its query. It is "" when the peer
	// left it out; the room parameter of the socket's URL says the same.
	Channel  string
	UplinkBW BitRate // the whole uplink, not what is left of it
	Browser  string
	Device   string // "PC" or "mobile"
	OS       string

	Test     bool
	ISP      string
	Province string

	Resume     PeerID  // "" for a newcomer
	StreamRate BitRate // 0: not said
}

// Action is "enter".
func (Enter) Action() string { return "enter" }

func (m Enter) appendFields(o *object) {
	o.text("channel", m.Channel)
	o.rate("ul_bw", m.UplinkBW)
	o.optional("browser", m.Browser)
	o.optional("device", m.Device)
	o.optional("os", m.OS)
	if m.Test {
		o.bool("test", true)
	}
	o.optional("ISP", m.ISP)
	o.optional("province", m.Province)
	o.optional("resume_peer_id", string(m.Resume))
	if m.StreamRate > 0 {
		o.rate("stream_rate", m.StreamRate)
	}
}

func parseEnter(v value) Enter {
	return Enter{
		Channel:  v.get("channel").str(),
		UplinkBW: v.get("ul_bw").clampedRate(),
		Browser:  v.get("browser").str(),
		Device:   v.get("device").str(),
		OS:       v.get("os").str(),
		Test:     v.get("test").isTrue(),
		ISP:      v.get("ISP").str(),
		Province: v.get("province").str(),

		Resume:     v.get("resume_peer_id").id(),
		StreamRate: v.get("stream_rate").clampedRate(),
	}
}
