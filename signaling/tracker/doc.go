// Package tracker is the server of the signaling wire: the scheduler that
// assigns parents, the BitTorrent tracker that lists peers, and the relay that
// carries signals between peers.
//
// [Room] is the part that thinks: the graph of one channel and the rules by
// which it places, repairs and accounts. It has no goroutine, clock, lock or
// socket, so the same code runs under a virtual clock with thousands of peers.
// [Server] is the part that listens: one goroutine per room, which owns that
// room's graph, and two per socket, of a viewer three. Rooms and sockets meet
// only on the bus, so that a later step can put them on different nodes; a room
// never waits for a socket.
//
// Viewers follow the graph of a channel (topology.go). A room records what
// changes in it only while there are any (record.go), and hands it to all of them
// at once (audience.go). Who falls behind gets a new snapshot in place of what it
// has missed (watcher.go).
//
// Channels in BitTorrent mode have no room but a swarm (swarms.go), of which the
// tracker knows only who is there. Peers ask over HTTP (announce.go) and choose
// among those that they are told of (choose.go); their signals pass as all others.
//
// A page draws that graph (page.go, and page/ as browsers get it). It, the feed and
// /api/v1/channels are for this machine and for who has the token (access.go).
//
// The rules are those of mesh 6.1, made to work for channels of two to ten
// peers as well: one planned root is enough, the first peer starts the mesh
// however weak it is, and nobody waits for a candidate to grow old when there is
// no other.
//
//   - T1 places who has no parents (place.go, pool.go, roots.go), and makes a
//     root of a newcomer that is much stronger than the weakest (replace.go).
//   - T2 sends a strong peer, when its probation ends, to the parents of a
//     weaker one, and that one below it (promote.go).
//   - T3 lifts what lies too deep, as often as departures allow (compact.go);
//     where nobody has room, two peers change places (exchange.go).
//   - T4 finds new parents for orphans at once (member.go, waiting.go).
//   - T5 accounts for links (account.go) and for what uplinks are believed to
//     carry (rate.go, trust.go).
//   - T6 keeps the graph free of cycles (edge.go).
//
// Everybody who is fed has a standby (standby.go), which would outlive each of its
// parents. Who loses one falls back on it by itself, so T4 looks there first.
//
// T1.2's replacement, T2 and T3 are planned moves (move.go) of peers that are
// fed, and can be turned off. A move reserves what it needs at its hosts, then
// sends adopt; it is done when the peer reports the link, and undone when that
// fails or ten seconds have passed. A peer that has its new parents must leave
// the old ones. Nobody takes part in two moves at once, except as host, or is
// moved more than once a minute; a peer that does not obey is left alone twice
// as long each time.
//
// The tracker does not know segments, so it cannot tell when a peer has all that
// its future child has. It waits a moment instead: 1.5 s before the second half
// of a promotion, so that the parents of the two, who bear both meanwhile, do so
// for 3 s at most; 3 s before a root is sent below a new one. Who is to move next
// links with its host ahead of time, as with a standby.
//
// Old clients that climb by themselves are helped as far as their wishes are
// sound (climb.go).
//
// This package must not know segments, playlists, data channels or WebRTC.
// Signals pass through it unread.
package tracker
