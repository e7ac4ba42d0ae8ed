package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/signaling/tracker"
)

// maxExpires is the longest time that a key is made for.
const maxExpires = 10 * 365 * 24 * time.Hour

type tokenOptions struct {
	secretFile, channel string
	expires             time.Duration
}

func newTrackerTokenCmd() *cobra.Command {
	o := &tokenOptions{}
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make a key that expires, for peers of a tracker with --key-secret-file",
		Long: "Print a key for --key of a peer, which a tracker that has the same secret accepts\n" +
			"until it expires. Nothing is kept and nobody is asked: whoever has the secret can\n" +
			"make keys. Peers that are in stay in; they need a new key to come again.",
		Example: "  hlspeer tracker token --secret-file secret --expires 2h\n" +
			"  hlspeer tracker token --secret-file secret --channel https://example.com/live.m3u8",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.secretFile, "secret-file", "", "`file` that holds the tracker's secret; the first line signs")
	f.StringVar(&o.channel, "channel", "", "`ID` of the only channel that it is good for: what peers give with --channel, or the URL of a media playlist; none: all")
	f.DurationVar(&o.expires, "expires", 2*time.Hour, "how long it is good")
	return cmd
}

func (o *tokenOptions) run(cmd *cobra.Command) error {
	var f faults
	var secrets []string
	if o.secretFile == "" {
		f.add("secret-file", "is missing: give the file that the tracker has as --key-secret-file")
	} else {
		secrets = readSecrets("secret-file", o.secretFile, &f)
		if len(secrets) > 0 && len(secrets[0]) < tracker.MinSecret {
			f.add("secret-file", "%s: the secret in it has less than %d characters", o.secretFile, tracker.MinSecret)
		}
	}
	if o.expires < time.Second || o.expires > maxExpires {
		f.add("expires", "%v: want 1s to %v", o.expires, maxExpires)
	}
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), tracker.Token(secrets[0], o.channel, time.Now().Add(o.expires)))
	return err
}

// readSecrets reads what keys are signed with, one a line.
func readSecrets(flag, path string, f *faults) []string {
	text, err := os.ReadFile(path)
	secrets := strings.Fields(string(text))
	switch {
	case err != nil:
		f.add(flag, "%s: %v", path, reason(err))
	case len(secrets) == 0:
		f.add(flag, "%s: no secret in it", path)
	}
	return secrets
}
