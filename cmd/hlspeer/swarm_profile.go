package main

import (
	"time"

	"hlspeer/peer/lab"
)

// A lineProfile is what the peers of a load test hang on. Each list is given to
// them in turn.
type lineProfile struct {
	name    string
	uplinks []int64   // bit/s
	streams []float64 // uplinks in streams of the channel, in place of uplinks
	down    []int64   // bit/s
	rtt     []time.Duration
	loss    []float64
}

const (
	mbps = 1_000_000
	ms   = time.Millisecond
)

// lineProfiles are the presets. Uplinks of mixed are those of the simulation: they
// carry 1.3 times what all want, and three of ten peers give nothing.
var lineProfiles = []lineProfile{
	{name: "mixed", streams: []float64{5, 0, 1, 2, 1, 0, 1, 2, 0, 1}, down: []int64{100 * mbps, 20 * mbps, 50 * mbps}, rtt: []time.Duration{10 * ms, 40 * ms, 20 * ms}, loss: []float64{0, .002, 0}},
	{name: "lan", uplinks: []int64{100 * mbps}, rtt: []time.Duration{ms}},
	{name: "broadband", uplinks: []int64{20 * mbps, 10 * mbps, 40 * mbps, 5 * mbps}, down: []int64{100 * mbps, 50 * mbps}, rtt: []time.Duration{20 * ms, 30 * ms, 15 * ms}},
	{name: "mobile", uplinks: []int64{5 * mbps, 2 * mbps, 10 * mbps, 0}, down: []int64{20 * mbps, 10 * mbps, 40 * mbps}, rtt: []time.Duration{60 * ms, 90 * ms, 45 * ms}, loss: []float64{.005, .01, .002}},
}

func profileNames() []string {
	var names []string
	for _, p := range lineProfiles {
		names = append(names, p.name)
	}
	return names
}

func profileNamed(name string) (lineProfile, bool) {
	for _, p := range lineProfiles {
		if p.name == name {
			return p, true
		}
	}
	return lineProfile{}, false
}

// rates are the uplinks for a channel of that many bit/s.
func (p lineProfile) rates(channel int64) []int64 {
	if p.streams == nil {
		return p.uplinks
	}
	var rates []int64
	for _, n := range p.streams {
		rates = append(rates, lab.UplinkFor(n, channel))
	}
	return rates
}

// lines are what a virtual network makes of it: as many as it takes until all
// lists begin anew together, or as there are peers.
func (p lineProfile) lines(peers int) []lab.Line {
	if len(p.rtt)+len(p.loss)+len(p.down) == 0 {
		return nil
	}
	var lines []lab.Line
	for i := range peers {
		// A round trip between two equals is twice what each adds.
		lines = append(lines, lab.Line{Delay: inTurn(p.rtt, i) / 2, Loss: inTurn(p.loss, i), Down: inTurn(p.down, i)})
	}
	return lines
}

// inTurn is the value for the peer i; zero where there are none.
func inTurn[T any](values []T, i int) (v T) {
	if len(values) > 0 {
		v = values[i%len(values)]
	}
	return v
}
