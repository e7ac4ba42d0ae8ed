package main

import (
	"fmt"
	"time"
)

const ms = time.Millisecond

// contests are the rows that compare transports: one on loopback, and one for
// each path of the wide area.
func contests() []contest {
	wide := []string{variantLink, variantDefault, variantSockets, variantTCP}
	all := []contest{
		{
			name: "link", about: "segments over loopback, both ends processes of their own",
			variants: []string{variantLink, variantTuned, variantDefault, variantTCP},
			seldom:   []string{variantDefault, variantTCP}, rounds: 8,
			against: []rival{
				{variant: variantTuned, key: "link_vs_tuned_pion", goal: .95},
				{variant: variantDefault, key: "link_vs_default_pion"},
				{variant: variantTCP, key: "link_vs_tcp"},
			},
		},
		{
			name: "wan-loss0", about: "40 ms round trip, no loss", path: path{wan: true, rtt: 40 * ms},
			variants: wide, seldom: []string{variantDefault, variantSockets}, rounds: 3, against: []rival{
				{variant: variantTCP, key: "loss0_vs_tcp", goal: .8},
				{variant: variantDefault, key: "loss0_vs_default_pion"},
			},
		},
		{
			name: "wan-loss1", about: "40 ms round trip, 1 % loss each way", path: path{wan: true, rtt: 40 * ms, loss: .01},
			variants: wide, rounds: 5, together: true, against: []rival{
				{variant: variantDefault, key: "loss1_vs_default_pion", goal: 7},
				{variant: variantTCP, key: "loss1_vs_tcp", goal: .6, wish: true, because: "SCTP halves its window at every loss; from outside, only a floor under it and the step in which it grows can be set"},
			},
		},
		{
			name: "wan-50mbit", about: "40 ms round trip, a bottleneck of 50 Mbit/s",
			path: path{wan: true, rtt: 40 * ms, rate: 50e6}, variants: wide, seldom: []string{variantDefault, variantTCP},
			rounds: 3, against: []rival{
				{variant: variantSockets, key: "bottleneck50_vs_large_sockets", goal: .9},
				{variant: variantTCP, key: "bottleneck50_vs_tcp"},
			},
		},
		{
			name: "wan-10mbit", about: "40 ms round trip, a bottleneck of 10 Mbit/s",
			path: path{wan: true, rtt: 40 * ms, rate: 10e6}, variants: wide, rounds: 2, together: true, slow: true, against: []rival{
				{variant: variantSockets, key: "bottleneck10_vs_large_sockets"},
				{variant: variantTCP, key: "bottleneck10_vs_tcp"},
			},
		},
		profile("lan", "LAN, 1 ms", path{rtt: 1 * ms}),
	}
	for _, loss := range []float64{0, .005, .01, .02} {
		all = append(all, profile(fmt.Sprintf("broadband-%02.0f", loss*1000),
			fmt.Sprintf("broadband: 30 ms, 50 Mbit/s, %.1f %% loss each way", loss*100),
			path{rtt: 30 * ms, rate: 50e6, loss: loss}))
	}
	for _, loss := range []float64{.01, .03} {
		all = append(all, profile(fmt.Sprintf("mobile-%02.0f", loss*1000),
			fmt.Sprintf("mobile: 100 ms, 20 Mbit/s, %.0f %% loss each way", loss*100),
			path{rtt: 100 * ms, rate: 20e6, loss: loss}))
	}
	return all
}

// profile is a kind of line that peers have. It has no goals of its own.
func profile(name, about string, p path) contest {
	p.wan = true
	key := "wan_" + name
	return contest{
		name: "wan-" + name, about: about, path: p, rounds: 2, together: p.loss > 0, slow: p.rtt >= 100*ms,
		variants: []string{variantLink, variantDefault, variantSockets, variantTCP}, seldom: []string{variantDefault},
		against: []rival{
			{variant: variantDefault, key: key + "_vs_default_pion"},
			{variant: variantSockets, key: key + "_vs_large_sockets"},
			{variant: variantTCP, key: key + "_vs_tcp"},
		},
	}
}
