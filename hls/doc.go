// Package hls is the side of the player and the side of the HTTP source.
//
// It reads playlists ([Parse]) and makes the player's text out of the source's
// own by replacing nothing but the URIs ([Playlist.Rewrite]); it fetches
// playlists and segments from the source ([Origin]); and it is the HTTP server
// that players open ([Proxy]).
//
// What a player gets is governed by one rule: a listed segment is never
// answered with an error while any source may still deliver it, and a body that
// cannot be finished breaks the connection instead of ending cleanly.
//
// The package must not know where segments come from. Whoever mounts a
// [Channel] decides that: here a segment is a [Body], bytes that may still be
// arriving. It knows nothing of peers, caches, trackers or their wires.
package hls
