package mesh

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The text form of events and actions: one line each, a name and then
// key=value pairs, parted by blanks. It is what testdata/*.txt is written in,
// and what a running peer prints, so that the trace of a session in the field
// can be pasted as a test:
//
//	@1.5s wanted sn=12 dur=2s play=9s
//	  -> ask parent=A sn=12
//
// Values that hold anything but letters, digits and _ . + - µ are quoted as in
// Go.

// FormatEvent writes ev, which came at the engine's time now, as [ParseEvent]
// reads it.
func FormatEvent(now time.Duration, ev Event) string {
	t := text{}
	t.WriteString("@" + now.String())
	switch ev := ev.(type) {
	case Wanted:
		t.word("wanted").sn(ev.SN).span("dur", ev.Duration).span("play", ev.PlayAt).
			flag("waiting", ev.Waiting).flag("watched", ev.Watched).flag("alone", ev.Alone)
	case Unwanted:
		t.word("unwanted").sn(ev.SN)
	case Progress:
		t.word("progress").sn(ev.SN).number("bytes", ev.Bytes).number("size", ev.Size).
			amount("came", ev.Came).count("hops", ev.Hops)
	case Arrived:
		t.word("arrived").sn(ev.SN).peer("from", ev.From).number("bytes", ev.Bytes).
			wait("first", ev.First).span("took", ev.Took)
	case Failed:
		t.word("failed").sn(ev.SN).peer("from", ev.From).why(ev.Reason)
	case Met:
		t.word("met").sn(ev.SN)
	case Lacked:
		t.word("lacked").sn(ev.SN).peer("from", ev.From)
	case Newest:
		t.word("newest").peer("from", ev.From).number("theirs", int64(ev.Theirs)).number("ours", int64(ev.Ours))
	case Asked:
		t.word("asked").sn(ev.SN).peer("from", ev.From)
	case Rated:
		t.word("rated").rate("stream", ev.Stream)
	case Offering:
		t.word("offering").rate("uplink", ev.Uplink).count("children", ev.MaxChildren)
	default:
		t.swarm(ev)
	}
	return t.String()
}

// swarm writes the events of swarms.
func (t *text) swarm(ev Event) {
	switch ev := ev.(type) {
	case Listed:
		t.word("listed").number("first", int64(ev.First)).number("last", int64(ev.Last)).span("dur", ev.Duration).flag("live", ev.Live)
	case Demanded:
		t.word("demanded").sn(ev.SN)
	case Evicted:
		t.word("evicted").sn(ev.SN)
	case Peers:
		t.word("peers")
		for _, p := range ev.IDs {
			t.id("peer", p)
		}
	case Holds:
		t.word("holds").id("from", ev.From)
		for _, sn := range ev.SNs {
			t.sn(sn)
		}
	case Has:
		t.word("has").id("from", ev.From).sn(ev.SN)
	case HasLost:
		t.word("has-lost").id("from", ev.From).sn(ev.SN)
	default:
		t.control(ev)
	}
}

// control writes the events about links and the scheduler.
func (t *text) control(ev Event) {
	switch ev := ev.(type) {
	case Tick:
		t.word("tick")
	case Entered:
		t.word("entered").peer("self", ev.Self).count("substreams", ev.Substreams).flag("planned", ev.Planned)
	case RelayUp:
		t.word("relay-up")
	case Offline:
		t.word("offline")
	case Barred:
		t.word("barred")
	case Offered:
		t.word("offered").id("peer", ev.Peer)
	case Unreachable:
		t.word("unreachable").id("peer", ev.Peer)
	case LinkUp:
		t.word("link-up").id("peer", ev.Peer).flag("child", ev.Child)
	case LinkDown:
		t.word("link-down").id("peer", ev.Peer).flag("failed", ev.Failed)
	case Silent:
		t.word("silent").id("peer", ev.Peer)
	case Heard:
		t.word("heard").id("peer", ev.Peer)
	case Parents:
		t.word("parents")
		for _, n := range ev.Nodes {
			t.id("node", n.Peer)
			t.WriteString(":" + formatRate(n.Residual))
		}
	case Connect:
		t.word("connect").id("peer", ev.Peer)
	case Disconnect:
		t.word("disconnect")
		for _, p := range ev.Peers {
			t.id("peer", p)
		}
	default:
		t.move(ev)
	}
}

// move writes the events that change who is above whom.
func (t *text) move(ev Event) {
	switch ev := ev.(type) {
	case Adopt:
		t.word("adopt").id("parent", ev.Parent).rate("residual", ev.Residual)
	case Displaced:
		t.word("displaced").id("from", ev.From).count("substreams", ev.Substreams)
	case TransitionReply:
		t.word("transition-reply").flag("success", ev.Success)
	case TransitionAsked:
		t.word("transition-asked").id("from", ev.From).id("origin", ev.Origin).rate("uplink", ev.Uplink).
			number("ttl", int64(ev.TTL)).number("source-ttl", int64(ev.SourceTTL))
	case Granted:
		t.word("granted").id("from", ev.From).id("granter", ev.Granter).id("to", ev.To).
			number("level", int64(ev.Level)).number("ttl", int64(ev.TTL)).grantParents(ev.Parents)
	case Levelled:
		t.word("levelled").number("level", int64(ev.Level))
	}
}

// FormatAction writes a, with an arrow before it.
func FormatAction(a Action) string {
	t := text{}
	t.WriteString("  ->")
	switch a := a.(type) {
	case AskParent:
		t.word("ask").id("parent", a.Peer).sn(a.SN).flag("urgent", a.Urgent)
	case AskOrigin:
		t.word("ask origin").sn(a.SN)
		if a.Delay != 0 {
			t.span("delay", a.Delay)
		}
	case AskTail:
		t.word("ask tail").sn(a.SN).number("at", a.From)
	case Fetch:
		t.word("fetch").sn(a.SN)
	case GiveUp:
		t.word("give-up").sn(a.SN).why(a.Reason)
	case Dial:
		t.word("dial").id("peer", a.Peer)
	case Accept:
		t.word("accept").id("peer", a.Peer)
	case Refuse:
		t.word("refuse").id("peer", a.Peer).why(a.Reason)
	case Drop:
		t.word("drop").id("peer", a.Peer).why(a.Reason)
	case GetParents:
		t.word("get-parents")
	case GetPeers:
		t.word("get-peers")
	case ReportOpened:
		t.word("report-opened").peer("parent", a.Parent).peer("child", a.Child).
			count("substreams", a.Substreams).rate("rate", a.Rate)
	case ReportClosed:
		t.word("report-closed").peer("parent", a.Parent).peer("child", a.Child).
			count("substreams", a.Substreams).rate("rate", a.Rate)
	case ReportFailed:
		t.word("report-failed").peer("parent", a.Parent).peer("child", a.Child)
	case Displace:
		t.word("displace").id("peer", a.Peer).count("substreams", a.Substreams)
	case Ignored:
		t.word("ignored").peer("from", a.From).pair("what", quoted(string(a.What)))
	default:
		t.climb(a)
	}
	return t.String()
}

// climb writes the actions of those who climb.
func (t *text) climb(a Action) {
	switch a := a.(type) {
	case AskAdopt:
		t.word("ask-adopt").id("peer", a.Peer)
	case SendTransition:
		t.word("send-transition").id("peer", a.Peer).id("origin", a.Origin).rate("uplink", a.Uplink).
			number("ttl", int64(a.TTL)).number("source-ttl", int64(a.SourceTTL))
	case SendGrant:
		t.word("send-grant").id("peer", a.Peer).id("granter", a.Granter).id("to", a.To).
			number("level", int64(a.Level)).number("ttl", int64(a.TTL)).grantParents(a.Parents)
	}
}

// text is a line that is being written.
type text struct{ strings.Builder }

func (t *text) word(w string) *text {
	t.WriteString(" " + w)
	return t
}

func (t *text) pair(key, value string) *text { return t.word(key + "=" + value) }

func (t *text) sn(n SN) *text                          { return t.number("sn", int64(n)) }
func (t *text) number(key string, n int64) *text       { return t.pair(key, strconv.FormatInt(n, 10)) }
func (t *text) span(key string, d time.Duration) *text { return t.pair(key, d.String()) }
func (t *text) rate(key string, r BitRate) *text       { return t.pair(key, formatRate(r)) }
func (t *text) id(key string, p PeerID) *text          { return t.pair(key, quoted(string(p))) }
func (t *text) why(r Reason) *text                     { return t.pair("why", quoted(string(r))) }

func (t *text) grantParents(parents []GrantParent) {
	for _, p := range parents {
		t.id("parent", p.Peer)
		t.WriteString(":" + strconv.Itoa(p.Substreams))
	}
}

// peer leaves out "", which means the HTTP source or nobody.
func (t *text) peer(key string, p PeerID) *text {
	if p == "" {
		return t
	}
	return t.id(key, p)
}

// count leaves out 0, which means not known.
func (t *text) count(key string, n int) *text {
	if n == 0 {
		return t
	}
	return t.number(key, int64(n))
}

// amount is the same, of bytes.
func (t *text) amount(key string, n int64) *text {
	if n == 0 {
		return t
	}
	return t.number(key, n)
}

// wait leaves out 0, which means not known.
func (t *text) wait(key string, d time.Duration) *text {
	if d == 0 {
		return t
	}
	return t.span(key, d)
}

func (t *text) flag(key string, set bool) *text {
	if !set {
		return t
	}
	return t.word(key)
}

// formatRate writes whole bits as such.
func formatRate(r BitRate) string {
	if math.Abs(float64(r)) < 1e15 && r == BitRate(math.Trunc(float64(r))) {
		return strconv.FormatFloat(float64(r), 'f', -1, 64)
	}
	return strconv.FormatFloat(float64(r), 'g', -1, 64)
}

// quoted is s, in quotes where it would not stand as one word.
func quoted(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return strconv.Quote(s)
	}
	return s
}

func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.+-µ", r)
}
