// Package lab is a whole swarm in one process: an origin with an endless
// channel, a tracker, agents and viewers. Tests, the demo and the load test
// stand on it.
//
// [Origin] serves a channel that needs neither network nor disk, and in which
// every segment is unique, so that a mix-up is seen. [Viewer] watches a channel
// over HTTP as a real player would and reports what its user would have seen.
// Neither knows how a segment travels: they see URLs only, and so judge a
// swarm, a proxy or a plain origin by the same measure.
//
// The package must not know the wire formats, and nothing but tests and the
// command line may depend on it.
package lab
