// Package signaling is the server wire: the messages that peers, schedulers,
// signal relays and topology viewers exchange over WebSockets, and a client
// that keeps a peer connected to its scheduler and relay.
//
// The messages are plain values. The same action name means different shapes
// in different directions, so there is one parser for each direction:
// [ParsePeer] for what a server hears from a peer, [ParseServer] for what a
// peer hears on either socket, [ParseViewer] and [ParseFeed] for the two
// directions of the topology feed. Parsers are total: they check limits before
// they allocate and never panic. [AppendPeer] and [Append] write messages.
//
// [Client] joins, reads, pings, reconnects and leaves. It decides nothing about
// the mesh: whatever the servers say comes out as an [Event]. [Swarm] does the same
// for BitTorrent mode, where a tracker that is asked over HTTP stands in for the
// scheduler.
//
// This package must not know segments, playlists, data channels, WebRTC or the
// rules of parent selection. Signal payloads pass through it unread.
package signaling
