//go:build race

package lab

// underRace makes swarms smaller: the race detector slows them down eightfold.
const underRace = true
