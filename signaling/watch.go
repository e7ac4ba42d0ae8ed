package signaling

import (
	"net/url"
	"path"
)

// A Via says which connection carries a message.
type Via string

// The connections to a server.
const (
	ViaScheduler Via = "scheduler"
	ViaRelay     Via = "relay"
	ViaTracker   Via = "tracker" // HTTP requests to a BitTorrent tracker, and their answers
)

// A Passage is one message between us and a server, as a configuration's Watch
// hears of it.
type Passage struct {
	Via     Via
	Out     bool
	Request string // of a tracker: "announce", "get_peers", "stats" or "heartbeat"; else ""
	// Text is the message as it stands on the wire, whether it can be understood or
	// not; of a request to a tracker its parameters as one JSON object. It may hold
	// keys, and is the caller's: it must not be kept or changed.
	Text []byte
}

// shown are the parameters that are told of; others, such as those of the announce
// URL itself, may be secret.
var shown = []string{"info_hash", "peer_id", "channel", "ul_bw", "ISP", "province", "browser", "device", "os"}

// watchRequest tells of a request to a tracker.
func (s *Swarm) watchRequest(address *url.URL, body []byte) {
	if s.settings.Watch == nil {
		return
	}
	if body == nil {
		o, query := object{buf: []byte{'{'}}, address.Query()
		for _, name := range shown {
			o.optional(name, query.Get(name))
		}
		o.end('}')
		body = o.buf
	}
	s.settings.Watch(Passage{Via: ViaTracker, Out: true, Request: path.Base(address.Path), Text: body})
}

// watchAnswer tells of the answer to one.
func (s *Swarm) watchAnswer(address *url.URL, text []byte) {
	if s.settings.Watch != nil {
		s.settings.Watch(Passage{Via: ViaTracker, Request: path.Base(address.Path), Text: text})
	}
}
