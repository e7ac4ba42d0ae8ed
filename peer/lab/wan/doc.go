// Package wan is a wide-area network on one machine, for measuring: each node is
// a process in a network namespace of its own, and what it sends goes through
// this process, which delays it, loses some of it and lets it wait in a queue at
// a bottleneck. Nothing has to be installed; it needs Linux with /dev/net/tun and
// the right to make namespaces, else the error is [ErrUnsupported].
//
// A program that starts nodes as copies of itself calls [Enter] before anything
// else. It must not know what the nodes are and what they say to each other.
package wan
