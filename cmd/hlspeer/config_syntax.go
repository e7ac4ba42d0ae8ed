package main

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	syntaxLine    = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.+)' referenced`)
	// What the library's parser finds, as opposed to its scanner, is told with lines
	// that are counted from 0.
	fromZero = regexp.MustCompile(`^did not find expected (?:node content|key|'-' indicator|',' or|<)`)
	encoding = regexp.MustCompile(`control characters|UTF-8|UTF-16|BOM`)
)

// What people write most often that YAML reads otherwise.
const (
	quoteStar  = "an * or & before a text has a meaning there: put the text in quotes"
	quoteColon = "put a text with ': ' in quotes"
)

// syntaxFault says what the YAML library finds wrong with a text, and in which
// line; 0: not known.
func syntaxFault(err error, text []byte) (line int, problem string) {
	words := strings.Join(strings.Fields(err.Error()), " ")
	found := syntaxLine.FindStringSubmatch(words)
	line, _ = strconv.Atoi(found[1])
	problem = strings.TrimPrefix(words, found[0])
	if alias := unknownAnchor.FindStringSubmatch(problem); alias != nil {
		return lineWith(text, []byte("*"+alias[1])), quoteStar
	}
	switch {
	case encoding.MatchString(problem):
		return lineOfNoText(text), problem
	case problem == "did not find expected alphabetic or numeric character":
		problem = quoteStar
	case problem == "mapping values are not allowed in this context":
		problem += "; " + quoteColon
	}
	if line == 0 || fromZero.MatchString(problem) {
		line++ // the first line has none
	}
	return line, problem
}

// lineWith is the line in which a text first has a part.
func lineWith(text, part []byte) int {
	before, _, _ := bytes.Cut(text, part)
	return 1 + bytes.Count(before, []byte("\n"))
}

// lineOfNoText is the first line with what may not stand in a text; 0 if there
// is none.
func lineOfNoText(text []byte) int {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(line) || bytes.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\r' }) {
			return i + 1
		}
	}
	return 0
}
