package main

import (
	"math"

	"hlspeer/peer/lab"
)

// timesShown is how many moments a chart over time shows.
const timesShown = 60

// times are a history, cut into equal spans.
type times struct {
	samples []lab.Sample
	x       []float64
}

func newTimes(history []lab.Sample) times {
	var t times
	every := max(1, len(history)/timesShown)
	for i := every - 1; i < len(history); i += every {
		t.samples = append(t.samples, history[i])
		t.x = append(t.x, history[i].At)
	}
	return t
}

func (t times) chart(title string, top float64) *chart {
	c := newChart(title, 0, t.x[len(t.x)-1], niceTop(top))
	c.grid(compact)
	c.times()
	return c
}

// lineOf is a chart of one figure, which begins at 0.
func (t times) lineOf(title string, value func(lab.Sample) float64) markup {
	var y []float64
	top, known := 0.0, 0
	for _, s := range t.samples {
		v := value(s)
		y = append(y, v)
		if !math.IsNaN(v) {
			top = max(top, v)
			known++
		}
	}
	if known < 2 {
		return ""
	}
	c := t.chart(title, top)
	c.line(t.x, series{class: "p2p", name: title, y: y})
	return c.done()
}

// smooth is the time, in seconds, over which rates are averaged: segments come in
// lumps.
const smooth = 9.5

// rates are the Mbit/s by HTTP and from peers at each moment; nil where nobody
// counted bytes.
func (t times) rates() (http, p2p []float64) {
	zero := int64(0)
	start := lab.Sample{HTTP: &zero, P2P: &zero}
	for i, s := range t.samples {
		before := start
		for j := i - 1; j >= 0; j-- {
			if before = t.samples[j]; s.At-before.At >= smooth {
				break
			}
			before = start
		}
		if s.HTTP == nil || s.P2P == nil || before.HTTP == nil {
			return nil, nil
		}
		bits := 8e-6 / max(.001, s.At-before.At)
		http = append(http, float64(*s.HTTP-*before.HTTP)*bits)
		p2p = append(p2p, float64(*s.P2P-*before.P2P)*bits)
	}
	return http, p2p
}

// offload is that of the bytes of each span, or of the graph at its end.
func (t times) offload() markup {
	http, p2p := t.rates()
	var y []float64
	known := 0
	for i, s := range t.samples {
		v := 100 * orNaN(s.Offload)
		if http != nil {
			v = 100 * p2p[i] / (http[i] + p2p[i]) // NaN where nothing came
		}
		if y = append(y, v); !math.IsNaN(v) {
			known++
		}
	}
	if known < 2 {
		return ""
	}
	const title = "Offload over time, %"
	c := t.chart(title, 100)
	c.line(t.x, series{class: "p2p", name: title, y: y})
	return c.done()
}

func (t times) bytes() markup {
	http, p2p := t.rates()
	if len(http) < 2 {
		return ""
	}
	top := 0.0
	for i := range http {
		top = max(top, http[i]+p2p[i])
	}
	c := t.chart("Bytes by source over time, Mbit/s", top)
	c.stack(t.x, series{class: "http", name: "HTTP source", y: http}, series{class: "p2p", name: "peers", y: p2p})
	return c.done()
}
