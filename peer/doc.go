// Package peer is the agent: it joins channels, holds links to other peers and
// feeds players.
//
// It is the one room that knows the rooms below it: segments (cache), the peer
// wire (datachannel), the player's and the source's side (hls), the server wire
// (signaling) and the brain (mesh). It translates between them and decides
// nothing itself: what to fetch from whom, and whom to link with, is the
// brain's word.
//
// An [Agent] holds channels; a channel that is a master playlist has a track
// for each rendition a player opens, a plain one has a single track. A track
// owns everything that P2P is about: one media playlist, one ring of segments,
// one brain with its loop, one identity at the tracker, the links. Control
// goes through the track's loop; bytes never do.
package peer
