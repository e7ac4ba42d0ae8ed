package main

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

func newDebugCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "debug",
		Short: "Look into a running peer, or the channels of a tracker",
		Long: "Look into what runs elsewhere: the channels of a tracker, and who feeds whom in them;\n" +
			"a running peer, its links, messages and decisions, and where its segments came from;\n" +
			"the way to other peers. 'hlspeer doctor' is the place to begin, 'hlspeer top' follows\n" +
			"a peer on a full screen.",
		Example: "  hlspeer debug parents\n" +
			"  hlspeer debug topology --tracker http://127.0.0.1:7070",
		GroupID: groupLook,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	cmd.AddCommand(newDebugTopologyCmd(), newDebugParentsCmd(), newDebugSegmentsCmd(), newDebugWhyCmd(),
		newDebugTraceCmd(), newDebugPlanCmd(), newDebugFetchCmd(), newDebugNATCmd())
	return cmd
}

// visible makes a text of others safe for a terminal: whatever does not print is
// written as in Go, \x1b or \u202e.
func visible(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteToASCII(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// short is visible and at most limit letters long.
func short(s string, limit int) string {
	s = visible(s)
	if letters := []rune(s); len(letters) > limit {
		return string(letters[:limit-1]) + "…"
	}
	return s
}
