package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The size of a chart and of what is inside its axes, in the units of its SVG.
const (
	chartWidth, chartHeight = 560.0, 220.0
	plotLeft, plotRight     = 46.0, 550.0
	plotTop, plotBottom     = 12.0, 190.0
)

// A chart is drawn as SVG. Colours come from the page's style, by class.
type chart struct {
	b          strings.Builder
	xMin, xMax float64
	yMax       float64
}

// A series is a line, or an area on top of the one before.
type series struct {
	class, name string
	y           []float64 // NaN: not known
}

func newChart(title string, xMin, xMax, yMax float64) *chart {
	c := &chart{xMin: xMin, xMax: max(xMax, xMin+1e-9), yMax: max(yMax, 1e-9)}
	fmt.Fprintf(&c.b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight, html.EscapeString(title))
	return c
}

func (c *chart) x(v float64) float64 {
	return plotLeft + (v-c.xMin)/(c.xMax-c.xMin)*(plotRight-plotLeft)
}

func (c *chart) y(v float64) float64 {
	return plotBottom - min(1, max(0, v/c.yMax))*(plotBottom-plotTop)
}

// grid draws lines across and numbers at the left.
func (c *chart) grid(format func(float64) string) {
	step := niceStep(c.yMax)
	for n := 0; float64(n)*step <= c.yMax*1.0001; n++ {
		v := float64(n) * step
		fmt.Fprintf(&c.b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="num" x="%g" y="%.1f">%s</text>`,
			plotLeft, plotRight, c.y(v), c.y(v), plotLeft-6, c.y(v)+4, html.EscapeString(format(v)))
	}
}

// label writes below the plot.
func (c *chart) label(x float64, text string) {
	fmt.Fprintf(&c.b, `<text class="mid" x="%.1f" y="%g">%s</text>`, x, plotBottom+18, html.EscapeString(text))
}

// times labels the axis of a run in seconds.
func (c *chart) times() {
	step := niceTime(c.xMax - c.xMin)
	for v := math.Ceil(c.xMin/step) * step; v <= c.xMax*1.0001; v += step {
		c.label(min(c.x(v), plotRight-12), timeText(v))
	}
}

// line draws a series over x, with gaps where it is not known.
func (c *chart) line(x []float64, s series) {
	var path strings.Builder
	pen := "M"
	for i, v := range s.y {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", pen, c.x(x[i]), c.y(v))
		pen = "L"
	}
	fmt.Fprintf(&c.b, `<path class="line %s" d="%s"><title>%s</title></path>`, s.class, path.String(), html.EscapeString(s.name))
}

// stack draws areas on top of each other.
func (c *chart) stack(x []float64, all ...series) {
	floor := make([]float64, len(x))
	for _, s := range all {
		var up, down strings.Builder
		for i := range x {
			top := floor[i]
			if !math.IsNaN(s.y[i]) {
				top += s.y[i]
			}
			fmt.Fprintf(&up, "%.1f %.1f ", c.x(x[i]), c.y(top))
			j := len(x) - 1 - i
			fmt.Fprintf(&down, "%.1f %.1f ", c.x(x[j]), c.y(floor[j]))
		}
		for i := range x {
			if !math.IsNaN(s.y[i]) {
				floor[i] += s.y[i]
			}
		}
		fmt.Fprintf(&c.b, `<polygon class="area %s" points="%s%s"><title>%s</title></polygon>`, s.class, up.String(), down.String(), html.EscapeString(s.name))
	}
}

// bars draws a bar for each value, with a label below every few.
func (c *chart) bars(values []float64, label, tip func(i int) string) {
	width := (plotRight - plotLeft) / float64(len(values))
	every := 1 + (len(values)-1)/12
	for i, v := range values {
		left := plotLeft + float64(i)*width
		fmt.Fprintf(&c.b, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"><title>%s</title></rect>`,
			left+width*.12, c.y(v), width*.76, plotBottom-c.y(v), html.EscapeString(tip(i)))
		if i%every == 0 {
			c.label(left+width/2, label(i))
		}
	}
}

func (c *chart) done() markup {
	c.b.WriteString("</svg>")
	return markup(c.b.String()) // made of numbers and escaped names
}

// niceStep divides an axis into two to five round steps.
func niceStep(top float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(top)))
	for _, f := range []float64{.2, .5, 1, 2, 5} {
		if top/(base*f) <= 5 {
			return base * f
		}
	}
	return base * 10
}

// niceTop is a round value at or above v.
func niceTop(v float64) float64 {
	if v <= 0 {
		return 1
	}
	step := niceStep(v)
	return math.Ceil(v/step-1e-9) * step
}

// niceTime divides a span in seconds into eight round steps at most.
func niceTime(span float64) float64 {
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800} {
		if span/s <= 8 {
			return s
		}
	}
	return 21600
}

// timeText is a moment of a run: 90 is 1:30.
func timeText(s float64) string {
	n := int(math.Round(s))
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// compact is a number of an axis.
func compact(v float64) string {
	switch {
	case v >= 10_000:
		return fmt.Sprintf("%gk", math.Round(v/100)/10)
	default:
		return fmt.Sprintf("%g", math.Round(v*100)/100)
	}
}
