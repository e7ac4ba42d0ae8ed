package mesh

import (
	"errors"
	"fmt"
	"time"
)

// maxLine is the longest line that [ParseEvent] takes, in bytes: more than that of
// the longest list of segments that a remote can send.
const maxLine = 512 << 10

// ParseEvent reads a line that [FormatEvent] wrote: an event and the engine's
// time at which it came. It is strict: what it does not know is an error.
func ParseEvent(line string) (now time.Duration, ev Event, err error) {
	now, ev, err = parseEvent(line)
	if err != nil {
		return 0, nil, fmt.Errorf("reading event %.80q: %w", line, err)
	}
	return now, ev, nil
}

func parseEvent(line string) (time.Duration, Event, error) {
	if len(line) > maxLine {
		return 0, nil, errors.New("line too long")
	}
	words, err := split(line)
	if err != nil {
		return 0, nil, err
	}
	if len(words) < 2 || words[0].key[0] != '@' || words[0].valued || words[1].valued {
		return 0, nil, errors.New("want @time and the name of an event")
	}
	now, err := time.ParseDuration(words[0].key[1:])
	if err != nil {
		return 0, nil, fmt.Errorf("time: %w", err)
	}
	f := fields{pairs: words[2:]}
	ev := f.event(words[1].key)
	if ev == nil {
		return 0, nil, fmt.Errorf("no event is called %q", words[1].key)
	}
	return now, ev, f.finish()
}

// event reads the event of that name; nil: there is none.
func (f *fields) event(name string) Event {
	for _, read := range []func(string) Event{f.media, f.swarm, f.control, f.move} {
		if ev := read(name); ev != nil {
			return ev
		}
	}
	return nil
}

// media reads the events about segments; nil: name is none of them.
func (f *fields) media(name string) Event {
	switch name {
	case "wanted":
		return Wanted{SN: f.sn(), Duration: f.span("dur"), PlayAt: f.span("play"), Waiting: f.flag("waiting"), Watched: f.flag("watched"), Alone: f.flag("alone")}
	case "unwanted":
		return Unwanted{SN: f.sn()}
	case "progress":
		return Progress{
			SN: f.sn(), Bytes: f.number("bytes"), Size: f.number("size"),
			Came: f.amount("came"), Hops: f.count("hops"),
		}
	case "arrived":
		return Arrived{SN: f.sn(), From: f.maybe("from"), Bytes: f.number("bytes"), First: f.wait("first"), Took: f.span("took")}
	case "failed":
		return Failed{SN: f.sn(), From: f.maybe("from"), Reason: Reason(f.take("why"))}
	case "met":
		return Met{SN: f.sn()}
	case "lacked":
		return Lacked{SN: f.sn(), From: f.maybe("from")}
	case "newest":
		return Newest{From: f.maybe("from"), Theirs: SN(f.number("theirs")), Ours: SN(f.number("ours"))}
	case "asked":
		return Asked{SN: f.sn(), From: f.maybe("from")}
	case "rated":
		return Rated{Stream: f.rate(f.take("stream"))}
	case "offering":
		return Offering{Uplink: f.rate(f.take("uplink")), MaxChildren: f.count("children")}
	default:
		return nil
	}
}

// swarm reads the events of swarms; nil: name is none of them.
func (f *fields) swarm(name string) Event {
	switch name {
	case "listed":
		return Listed{First: SN(f.number("first")), Last: SN(f.number("last")), Duration: f.span("dur"), Live: f.flag("live")}
	case "demanded":
		return Demanded{SN: f.sn()}
	case "evicted":
		return Evicted{SN: f.sn()}
	case "peers":
		return Peers{IDs: f.peers()}
	case "holds":
		return Holds{From: f.id("from"), SNs: f.sns()}
	case "has":
		return Has{From: f.id("from"), SN: f.sn()}
	case "has-lost":
		return HasLost{From: f.id("from"), SN: f.sn()}
	default:
		return nil
	}
}

// control reads the events about links and the scheduler; nil: name is none of
// them.
func (f *fields) control(name string) Event {
	switch name {
	case "tick":
		return Tick{}
	case "entered":
		return Entered{Self: f.maybe("self"), Substreams: f.count("substreams"), Planned: f.flag("planned")}
	case "relay-up":
		return RelayUp{}
	case "offline":
		return Offline{}
	case "barred":
		return Barred{}
	case "offered":
		return Offered{Peer: f.peer()}
	case "unreachable":
		return Unreachable{Peer: f.peer()}
	case "link-up":
		return LinkUp{Peer: f.peer(), Child: f.flag("child")}
	case "link-down":
		return LinkDown{Peer: f.peer(), Failed: f.flag("failed")}
	case "silent":
		return Silent{Peer: f.peer()}
	case "heard":
		return Heard{Peer: f.peer()}
	case "parents":
		return Parents{Nodes: f.nodes()}
	case "connect":
		return Connect{Peer: f.peer()}
	case "disconnect":
		return Disconnect{Peers: f.peers()}
	default:
		return nil
	}
}

// move reads the events that change who is above whom; nil: name is none of
// them.
func (f *fields) move(name string) Event {
	switch name {
	case "adopt":
		return Adopt{Parent: f.id("parent"), Residual: f.rate(f.take("residual"))}
	case "displaced":
		return Displaced{From: f.id("from"), Substreams: f.count("substreams")}
	case "transition-reply":
		return TransitionReply{Success: f.flag("success")}
	case "transition-asked":
		return TransitionAsked{
			From: f.id("from"), Origin: f.id("origin"), Uplink: f.rate(f.take("uplink")),
			TTL: f.int("ttl"), SourceTTL: f.int("source-ttl"),
		}
	case "granted":
		return Granted{
			From: f.id("from"), Granter: f.id("granter"), To: f.id("to"),
			Level: f.int("level"), TTL: f.int("ttl"), Parents: f.grantParents(),
		}
	case "levelled":
		return Levelled{Level: f.int("level")}
	default:
		return nil
	}
}
