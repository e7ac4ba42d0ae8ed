package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

func newManCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages",
		Long: "Write a manual page for each command into a directory, which is made where it is\n" +
			"missing: hlspeer.1, hlspeer-peer.1 and so on. Without DIR: man. The same program\n" +
			"writes the same pages; their date is that of the commit it was built of, or\n" +
			"SOURCE_DATE_EPOCH in seconds.",
		Example: "  hlspeer man\n" +
			"  hlspeer man /usr/local/share/man/man1",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := manDate(os.Getenv("SOURCE_DATE_EPOCH"))
			if err != nil {
				return fail(exitUsage, "%w", err)
			}
			dir := "man"
			if len(args) > 0 {
				dir = args[0]
			}
			n, err := writeManPages(cmd.Root(), dir, date)
			if err != nil {
				return fail(exitFailed, "%w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d pages in %s; to read one: man -l %s\n", n, dir, filepath.Join(dir, "hlspeer.1"))
			return err
		},
	}
}

// manEdition is the date of pages from a build that does not know its commit.
const manEdition = "2026-11-25"

// manDate is the day that pages bear: that of the given second since 1970, else of
// the commit.
func manDate(epoch string) (string, error) {
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH %q: want seconds since 1970", epoch)
		}
		return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" && len(s.Value) >= len(time.DateOnly) {
				return s.Value[:len(time.DateOnly)], nil
			}
		}
	}
	return manEdition, nil
}

// writeManPages writes a page for each command below root, and for that.
func writeManPages(root *cobra.Command, dir, date string) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, reason(err))
	}
	var faults []error
	for _, cmd := range documented(root) {
		path := filepath.Join(dir, manName(cmd)+".1")
		if err := os.WriteFile(path, []byte(manPage(cmd, date)), 0o644); err != nil { //nolint:gosec // for everybody to read
			faults = append(faults, fmt.Errorf("%s: %w", path, reason(err)))
			continue
		}
		n++
	}
	return n, errors.Join(faults...)
}

// documented is a command and all below it that users may call.
func documented(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, documented(sub)...)
		}
	}
	return all
}
