package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
)

// Engines of a channel, as /api/v1/channels names them.
const (
	engineFastMesh   = "fastmesh"
	engineBitTorrent = "bittorrent"
)

// meshBytes is traffic by source.
type meshBytes struct {
	HTTP int64 `json:"http"`
	P2P  int64 `json:"p2p"`
}

// offload is the share of P2P; nil for no traffic.
func (b *meshBytes) offload() *float64 {
	if b == nil || b.HTTP+b.P2P <= 0 {
		return nil
	}
	share := float64(b.P2P) / (float64(b.HTTP) + float64(b.P2P))
	return &share
}

// channelList is what is printed of /api/v1/channels.
type channelList struct {
	Channels []channelLine `json:"channels"`
}

type channelLine struct {
	Name       string    `json:"name"`
	Engine     string    `json:"engine"`
	Peers      int       `json:"peers"`
	Links      int       `json:"links"`
	Substreams int       `json:"substreams"`
	Depth      *int      `json:"depth"`
	Offload    *float64  `json:"offload"`
	Bytes      meshBytes `json:"bytes"`
}

// askedChannels is what is read of /api/v1/channels.
type askedChannels struct {
	Channels []struct {
		Name       string    `json:"name"`
		Engine     string    `json:"engine"`
		Peers      int       `json:"peers"`
		Edges      int       `json:"edges"`
		Substreams int       `json:"substreams"`
		Levels     []int     `json:"levels"`
		Bytes      meshBytes `json:"bytes"`
	} `json:"channels"`
}

// channels lists the channels of the tracker, those with most peers first.
func (s meshSource) channels(ctx context.Context) (channelList, error) {
	var asked askedChannels
	if err := s.get(ctx, "/api/v1/channels?nodes=0", &asked); err != nil {
		return channelList{}, err
	}
	list := channelList{Channels: []channelLine{}}
	for _, c := range asked.Channels {
		line := channelLine{Name: c.Name, Engine: c.Engine, Peers: c.Peers, Links: c.Edges, Substreams: c.Substreams, Bytes: c.Bytes}
		if n := len(c.Levels); n > 0 {
			deepest := n - 1
			line.Depth = &deepest
		}
		line.Offload = line.Bytes.offload()
		list.Channels = append(list.Channels, line)
	}
	slices.SortStableFunc(list.Channels, func(a, b channelLine) int {
		return cmp.Or(cmp.Compare(b.Peers, a.Peers), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Engine, b.Engine))
	})
	return list, nil
}

// table shows the list to people.
func (l channelList) table() string {
	if len(l.Channels) == 0 {
		return "The tracker has no channels.\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PEERS\tENGINE\tLINKS\tDEPTH\tHTTP KB\tP2P KB\tOFFLOAD\tCHANNEL")
	for _, c := range l.Channels {
		links := fmt.Sprint(c.Links)
		if c.Engine == engineBitTorrent {
			links = "-" // unknown to the tracker
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", c.Peers, short(c.Engine, 12), links, number(c.Depth),
			c.Bytes.HTTP/1024, c.Bytes.P2P/1024, percent(c.Offload), visible(c.Name))
	}
	w.Flush()
	return b.String()
}

// engine asks by which engine the channel shares; "" when the tracker does not
// say, as trackers of others. Where two share under one name, the feed shows the
// mesh, whose substreams it tells.
func (s meshSource) engine(ctx context.Context, streams int) string {
	var asked askedChannels
	if s.get(ctx, "/api/v1/channels?nodes=0&channel="+url.QueryEscape(s.channel), &asked) != nil {
		return ""
	}
	engines := map[string]bool{}
	for _, c := range asked.Channels {
		if c.Name == s.channel {
			engines[c.Engine] = true
		}
	}
	switch mesh, swarm := engines[engineFastMesh], engines[engineBitTorrent]; {
	case swarm && (!mesh || streams == 0):
		return engineBitTorrent
	case mesh:
		return engineFastMesh
	}
	return ""
}
