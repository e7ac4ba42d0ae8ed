// Package cache keeps the segments of HLS streams in memory: while they
// arrive, and after.
//
// A [Segment] is an append-only run of bytes with one writer and any number
// of readers. Whoever wants a segment opens it in a [Ring]. Exactly one opener
// gets the [Filler] and brings the bytes; everybody else reads them as they
// land and waits for more. A segment starts out filling and ends sealed
// (complete, checked by whoever filled it) or aborted (with a cause). The ring
// forgets an aborted segment, so that the next opener may fill it again.
//
// Bytes have two kinds of origin. A trusted source is taken at its word as its
// bytes land. What an untrusted source sent is shown to [Verified] readers
// (players) only after [Filler.Seal]; [Arriving] readers (relays) get it at
// once, but never its last packet before the seal.
//
// Rings are windows: [Ring.Slide] moves the lower edge. All rings of a process
// share one [Budget]; when it runs out, the oldest sealed segment of any ring
// goes.
//
// The package does not know where bytes come from, where they go, or what is
// in them: no wire, no HTTP, no playlists, no digests, no clock. It starts no
// goroutine. All methods may be called concurrently, except those of [Reader]
// and [Writer], which belong to one goroutine each.
package cache
