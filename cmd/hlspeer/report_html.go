package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
)

// markup is HTML that has been made here, with all texts of others escaped.
type markup string

//go:embed report_page.css
var pageStyle string

// pageWriter writes HTML. html/template would do, but it calls methods by name,
// so that the linker can leave out none of any type: 3 MB of every binary.
type pageWriter struct{ bytes.Buffer }

// put writes a format whose arguments are escaped, but for markup and numbers.
func (w *pageWriter) put(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = html.EscapeString(text)
		}
	}
	fmt.Fprintf(w, format, args...)
}

// html is the whole page.
func (p page) html() []byte {
	w := &pageWriter{}
	w.put(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hlspeer %s: %s</title>
<style>
%s</style>
<h1>hlspeer %s</h1>
<p class="sub">%s</p>
`, p.Kind, p.Headline, markup(pageStyle), p.Kind, p.Headline)
	p.summary(w)
	p.charts(w)
	p.figures(w)
	p.groups(w)
	p.peers(w)
	w.put("</html>\n")
	return w.Bytes()
}

// summary is what is to be seen at once.
func (p page) summary(w *pageWriter) {
	if len(p.Failures) > 0 {
		w.put(`<div class="fail"><ul>`)
		for _, f := range p.Failures {
			w.put(`<li>%s</li>`, f)
		}
		w.put("</ul></div>\n")
	}
	w.put("<div class=\"tiles\">\n")
	for _, t := range p.Tiles {
		w.put("<div class=\"tile\"><span>%s</span><b>%s</b><span>%s</span></div>\n", t.Name, t.Value, t.Note)
	}
	w.put("</div>\n")
}

func (p page) charts(w *pageWriter) {
	w.put("<div class=\"cards\">\n")
	for _, c := range p.Cards {
		w.put(`<div class="card"><div class="head"><h2>%s</h2>`, c.Title)
		if len(c.Legend) > 0 {
			w.put(`<div class="legend">`)
			for _, s := range c.Legend {
				w.put(`<i class="%s"></i>%s`, s.class, s.name)
			}
			w.put(`</div>`)
		}
		w.put("</div>%s</div>\n", c.Chart)
	}
	w.put("</div>\n")
}

func (p page) figures(w *pageWriter) {
	w.put("<section class=\"card\"><h2>All figures</h2><div class=\"two\">\n")
	for _, l := range p.Lines {
		w.put("<div><span>%s</span><b>%s</b></div>\n", l[0], l[1])
	}
	w.put("</div></section>\n")
}

func (p page) groups(w *pageWriter) {
	if len(p.Groups) == 0 {
		return
	}
	w.put("<section class=\"card\"><h2>With peers, and by HTTP alone</h2>\n<table><tr>")
	for _, name := range p.GroupHead {
		w.put(`<th>%s`, name)
	}
	w.put("</tr>\n")
	for _, row := range p.Groups {
		w.put(`<tr>`)
		for _, cell := range row {
			w.put(`<td>%s`, cell)
		}
		w.put("</tr>\n")
	}
	w.put("</table>\n</section>\n")
}

func (p page) peers(w *pageWriter) {
	if len(p.Rows) == 0 {
		return
	}
	w.put("<section class=\"card\"><h2>Peers</h2>\n<table><tr><th>Peer<th>")
	for _, name := range []string{"Uplink", "Level", "HTTP", "Peers", "Offload", "Startup", "Behind", "Segments", "Stalls", "Late", "Lost", "Wrong"} {
		w.put(`<th class="n">%s`, name)
	}
	w.put("</tr>\n")
	for _, r := range p.Rows {
		w.put("<tr><td>%d<td>%s", r.Peer, r.State)
		for _, text := range []string{r.Uplink, r.Level, r.HTTP, r.P2P, r.Offload, r.Startup, r.Behind} {
			w.put(`<td class="n">%s`, text)
		}
		w.put(`<td class="n">%d%s<td class="n">%d%s%s`, r.Segments, alarm(r.Stalls), r.Late, alarm(r.Lost), alarm(r.Wrong))
		w.put("</tr>\n")
	}
	w.put("</table>\n")
	if p.Left > 0 {
		w.put(`<p class="note">%d more peers are in the report of --json.</p>`, p.Left)
	}
	w.put("</section>\n")
}

// alarm is a cell that shows whether its number is not 0.
func alarm(n int) markup {
	if n == 0 {
		return `<td class="n">0`
	}
	return markup(fmt.Sprintf(`<td class="n hot">%d`, n))
}
