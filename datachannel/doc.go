// Package datachannel is the peer wire: the messages that two peers exchange,
// the transfer of one segment at a time, and the links that carry both over
// WebRTC data channels.
//
// It has three parts. Messages (one file per type) turn text into values and
// back; see [Parse] and [Append]. A [Host] owns what all links of a process
// share: the pion API, the certificate and the sockets. A [Link] is one peer
// connection with one data channel: it negotiates, sends control messages and
// pieces, and hands what arrives to a [Handler].
//
// The package must not know what a segment is for, where its bytes are kept,
// who is a parent and who a child beyond "who makes the offer", how signals
// travel between two peers, or which message deserves which answer. All of that
// is the caller's. No type of pion leaves the package, except the virtual
// network that may go in through [Config].
package datachannel
