// Package mesh is the brain of a peer: pure state machines that decide where
// each segment comes from and which peers to hold links with.
//
// An engine is fed events and answers with actions. It starts no goroutine,
// reads no clock, takes no lock and opens no socket; time is a parameter. So a
// whole session is a readable script (see testdata), and thousands of engines
// can run on a virtual clock with the code that runs in the field.
//
// [Fastmesh] is the engine for live channels, [BitTorrent] the one for films and
// for live channels that may lag. [FormatEvent], [FormatAction] and
// [ParseEvent] are the text form of sessions.
//
// The package must not know what a segment's bytes are, how a message looks on
// the wire, or what carries it.
package mesh
