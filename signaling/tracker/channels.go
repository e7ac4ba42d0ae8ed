package tracker

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"hlspeer/signaling"
)

// snapshot asks a room for a copy of what it knows. It reports false when the
// room or ctx ends first.
func (h *hub) snapshot(ctx context.Context, room string) (Snapshot, bool) {
	h.mu.Lock()
	l := h.rooms[room]
	h.mu.Unlock()
	if l == nil {
		return Snapshot{}, false
	}
	answer := make(chan Snapshot, 1)
	h.post(ctx, room, post{ask: answer})
	select {
	case s := <-answer:
		return s, true
	case <-l.done:
	case <-ctx.Done():
	}
	return Snapshot{}, false
}

// channelsReport is what /api/v1/channels answers.
type channelsReport struct {
	Channels []channelReport `json:"channels"`
}

// Engines by which a channel shares: a room's and a swarm's.
const (
	engineFastMesh   = "fastmesh"
	engineBitTorrent = "bittorrent"
)

// A channelReport is a room or a swarm. A swarm has no edges, substreams, stream
// rate and levels, and its nodes have no slots, parents and children: the tracker
// knows nothing of them.
type channelReport struct {
	Name       string            `json:"name"`
	Engine     string            `json:"engine"`
	Peers      int               `json:"peers"`
	Edges      int               `json:"edges"`
	Substreams int               `json:"substreams"`
	StreamRate signaling.BitRate `json:"stream_rate"` // bit/s of the whole stream
	Levels     []int             `json:"levels"`      // peers at level 0, 1, …
	Bytes      bytesReport       `json:"bytes"`       // since the channel was opened
	Nodes      []nodeReport      `json:"nodes,omitzero"`
}

type bytesReport struct {
	HTTP int64 `json:"http"`
	P2P  int64 `json:"p2p"`
}

type nodeReport struct {
	ID       signaling.PeerID  `json:"id"`
	Level    int               `json:"level"`
	Root     bool              `json:"root"`
	UplinkBW signaling.BitRate `json:"uplink_bw"` // bit/s
	Slots    int               `json:"slots"`     // substreams that the uplink carries
	Used     int               `json:"used"`
	Reserved int               `json:"reserved"`
	AgeS     float64           `json:"age_s"`
	SourceKB int64             `json:"source_kb"`
	P2PKB    int64             `json:"p2p_kb"`
	LossRate float64           `json:"loss_rate"`
	Conns    int               `json:"conns,omitempty"` // links of a swarm's peer, as it says
	Parents  []linkReport      `json:"parents,omitzero"`
	Children []linkReport      `json:"children,omitzero"`
}

type linkReport struct {
	ID         signaling.PeerID  `json:"id"`
	Substreams int               `json:"substreams"`
	StreamRate signaling.BitRate `json:"stream_rate"` // bit/s of one substream
}

// serveChannels is /api/v1/channels. With ?channel= it reports only that one, with
// ?nodes=0 no peers.
func (s *Server) serveChannels(w http.ResponseWriter, r *http.Request) {
	only := r.URL.Query().Get("channel")
	report := channelsReport{Channels: []channelReport{}}
	for _, name := range s.hub.names() {
		if only != "" && name != only {
			continue
		}
		if snapshot, ok := s.hub.snapshot(r.Context(), name); ok {
			report.Channels = append(report.Channels, reportChannel(name, snapshot))
		}
	}
	swarms := s.swarms.reports(time.Now(), only)
	for _, c := range swarms {
		slices.SortFunc(c.Nodes, func(a, b nodeReport) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(swarms, func(a, b channelReport) int { return cmp.Compare(a.Name, b.Name) })
	report.Channels = append(report.Channels, swarms...)
	if r.URL.Query().Get("nodes") == "0" {
		for i := range report.Channels {
			report.Channels[i].Nodes = nil
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(report); err != nil {
		s.log.Debug("report not delivered", "error", err)
	}
}

func reportChannel(name string, s Snapshot) channelReport {
	c := channelReport{
		Name: name, Engine: engineFastMesh, Peers: len(s.Peers), Edges: s.Edges, Substreams: s.Substreams, StreamRate: s.StreamRate,
		Bytes:  bytesReport{HTTP: s.SourceKB * 1024, P2P: s.P2PKB * 1024},
		Levels: []int{}, Nodes: make([]nodeReport, 0, len(s.Peers)),
	}
	slices.SortFunc(s.Peers, func(a, b PeerSnapshot) int { return cmp.Compare(a.ID, b.ID) })
	for _, p := range s.Peers {
		for len(c.Levels) <= p.Level {
			c.Levels = append(c.Levels, 0)
		}
		c.Levels[p.Level]++
		c.Nodes = append(c.Nodes, nodeReport{
			ID: p.ID, Level: p.Level, Root: p.Root, UplinkBW: p.UplinkBW,
			Slots: p.Slots, Used: p.Used, Reserved: p.Reserved, AgeS: p.Age.Seconds(),
			SourceKB: p.SourceKB, P2PKB: p.P2PKB, LossRate: p.LossRate,
			Parents: reportLinks(p.Parents), Children: reportLinks(p.Children),
		})
	}
	return c
}

func reportLinks(links []LinkSnapshot) []linkReport {
	report := make([]linkReport, 0, len(links))
	for _, l := range links {
		report = append(report, linkReport{ID: l.ID, Substreams: l.Substreams, StreamRate: l.StreamRate})
	}
	return report
}
