// Package tracker is the server of the signaling wire: the scheduler that
// assigns parents and the relay that carries signals between peers.
//
// [Room] is the part that thinks: the graph of one channel and the rules by
// which it places, repairs and accounts. It has no goroutine, clock, lock or
// socket, so the same code runs under a virtual clock with thousands of peers.
// [Server] is the part that listens: one goroutine per room, which owns that
// room's graph, and two per socket. Rooms and sockets meet only on the bus, so
// that a later step can put them on different nodes; a room never waits for a
// socket.
//
// The rules are those of mesh.md 6.1 (T1, T4, T5 and T6), made to work for
// channels of two to ten peers as well: one planned root is enough, the first
// peer starts the mesh however weak it is, and nobody waits for a candidate to
// grow old when there is no other. T2 (promotion) and T3 (compaction) are not
// built.
//
// This package must not know segments, playlists, data channels or WebRTC.
// Signals pass through it unread.
package tracker
