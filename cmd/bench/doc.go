// Command bench measures what the data plane does against what could be had on
// the same machine in the same run: bare pion, TCP, nginx. It prints ratios, and
// writes them to docs/performance.md. It is a tool of the project's own and is
// not shipped; `make bench` runs it.
//
// Each measurement is a row; see rows.go. What a row compares runs in turn,
// several rounds, and the median counts. Both ends of a transfer are processes
// of their own, copies of this one that play a role; see role.go.
package main
