// Command hlspeer is a native peer for P2P HLS, its tracker and its tools in
// one binary. This package binds flags, environment and configuration files to
// the rooms below it and turns their errors into sentences and exit codes; it
// decides nothing else.
package main
