package main

// allRows are all measurements in the order in which they run.
func allRows() []row {
	var rows []row
	for _, c := range contests() {
		rows = append(rows, c.row())
	}
	return append(rows, competeRow(), chainRow(), proxyRow(), cpuRow(), rssRow(), failoverRow())
}
