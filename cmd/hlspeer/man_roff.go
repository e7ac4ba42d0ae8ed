package main

import "strings"

// roff writes the language of manual pages, man(7).
type roff struct{ strings.Builder }

// line writes one that is escaped already.
func (p *roff) line(s string) { p.WriteString(s + "\n") }

// text writes an escaped line that is no request.
func (p *roff) text(s string) {
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	p.line(s)
}

func (p *roff) section(title string) { p.line(".SH " + title) }

// item is an entry of a list; both are escaped.
func (p *roff) item(head, body string) {
	p.line(".TP")
	p.text(head)
	p.text(body)
}

// prose writes a help text: paragraphs, and lines that begin with a space as they
// are.
func (p *roff) prose(s string) {
	first := true
	as, gap := false, false // within lines that stay as they are; behind an empty line
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\t", "  "), "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case line == "":
			gap = true
			continue
		case line[0] == ' ' && !as:
			if !first {
				p.line(".PP")
			}
			p.line(".nf\n.RS 2")
			as = true
		case line[0] != ' ' && as:
			p.line(".RE\n.fi\n.PP")
			as = false
		case gap && as:
			p.line(".sp")
		case gap:
			p.line(".PP")
		}
		first, gap = false, false
		p.text(roffEscape(strings.TrimPrefix(line, "  ")))
	}
	if as {
		p.line(".RE\n.fi")
	}
}

// roffEscape makes a text safe to be read by troff, with hyphens that can be copied.
func roffEscape(s string) string {
	return strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(s)
}

// roffQuote is a text as one word of a request.
func roffQuote(s string) string { return `"` + strings.ReplaceAll(roffEscape(s), `"`, `\(dq`) + `"` }
