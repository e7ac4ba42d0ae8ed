package main

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// topColumn is a column of a table; those with the highest drop go first where
// there is no room, those with 0 stay.
type topColumn struct {
	title string
	right bool
	drop  int
}

// topTable is a table with one row selected.
type topTable struct {
	columns  []topColumn
	rows     [][]string
	selected int
}

// lines show the table in so many cells and lines, the selected row among them. The
// first line says which rows they are, where there is no room for all.
func (t topTable) lines(width, height int) []string {
	if height < 2 {
		return nil
	}
	from, to := t.visible(height - 1)
	note := ""
	if to-from < len(t.rows) {
		note = fmt.Sprintf("  %d-%d of %d", from+1, to, len(t.rows))
	}
	widths := t.fitting(width - 2 - len(note))
	lines := []string{heading(fit("  "+t.line(widths, nil), width-len(note))) + faint(note)}
	for i := from; i < to; i++ {
		if i == t.selected {
			lines = append(lines, selectedStyle.Render(cell("> "+t.line(widths, t.rows[i]), width, false)))
			continue
		}
		lines = append(lines, fit("  "+t.line(widths, t.rows[i]), width))
	}
	return lines
}

// visible is which rows fit into so many lines.
func (t topTable) visible(height int) (from, to int) {
	from = max(0, min(t.selected-height/2, len(t.rows)-height))
	return from, min(len(t.rows), from+height)
}

// fitting is how wide each column is; 0: there is no room for it.
func (t topTable) fitting(width int) []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = lipgloss.Width(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], lipgloss.Width(row[i]))
		}
	}
	for {
		total, last := -2, -1
		for i, w := range widths {
			if w > 0 {
				total += w + 2
			}
			if w > 0 && t.columns[i].drop > 0 && (last < 0 || t.columns[i].drop > t.columns[last].drop) {
				last = i
			}
		}
		if total <= width || last < 0 {
			return widths
		}
		widths[last] = 0
	}
}

// line is a row, or without one the titles.
func (t topTable) line(widths []int, row []string) string {
	var cells []string
	for i, c := range t.columns {
		if widths[i] == 0 {
			continue
		}
		text := c.title
		if row != nil {
			text = row[i]
		}
		cells = append(cells, cell(text, widths[i], c.right))
	}
	return strings.Join(cells, "  ")
}
