//go:build !race

package lab

// underRace makes swarms smaller where the race detector slows them down.
const underRace = false
