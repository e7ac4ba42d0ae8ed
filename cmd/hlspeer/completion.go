package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hlspeer/peer/lab"
)

// completionPatience is how long a shell waits for the names of channels.
const completionPatience = time.Second

// flagValues are what flags may be that have a closed set, by name, or what they
// mostly are; commands that mean something else by a name say so themselves.
var flagValues = map[string][]string{
	"engine":              {"auto", "fastmesh", "bittorrent", "none"},
	"ice-policy":          {"all", "relay", "lan"},
	"verify":              {"off", "audit", "strict"},
	"log-level":           {"debug", "info", "warn", "error"},
	"transport-log-level": {"off", "debug", "info", "warn", "error"},
	"log-format":          {"text", "json"},
	"profile":             words(lab.Profiles()),
	"churn":               words(lab.Profiles()),
	"net":                 {"real", "virtual"},
	"rule":                words(lab.Rules()),
	"for":                 {"peer", "tracker"},
	"player":              {"ffplay", "mpv", "vlc"},
	"p2p-deadline":        {"auto"},
	"admin":               {"off"},
}

// fileFlags are flags that name a file, by the ends of what it may be called.
var fileFlags = map[string][]string{
	"config": {"yaml", "yml"}, "geoip": {"mmdb"}, "key-file": nil, "page-token-file": nil, "token-file": nil, "html": {"html"}, "compare": {"json"},
}

func words[T ~string](values []T) (all []string) {
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// addCompletions says to shells what may follow flags and commands that do not say it
// themselves. Where nothing is known, no files are offered.
func addCompletions(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		addCompletions(sub)
	}
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	asksPeer := cmd.Flags().Lookup("admin") != nil && cmd.Name() != "peer"
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, known := cmd.GetFlagCompletionFunc(f.Name); known {
			return
		}
		ends, isFile := fileFlags[f.Name]
		var complete cobra.CompletionFunc = cobra.NoFileCompletions
		switch values := flagValues[f.Name]; {
		case isFile && ends == nil:
			return // any file, as shells do
		case isFile:
			complete = cobra.FixedCompletions(ends, cobra.ShellCompDirectiveFilterFileExt)
		case f.Name == "channel" && asksPeer:
			complete = completeChannels
		case f.Name == "admin" && asksPeer:
		case f.Value.Type() == "bool":
			complete = cobra.FixedCompletions([]string{"true", "false"}, cobra.ShellCompDirectiveNoFileComp)
		case values != nil:
			complete = cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // it is there, and has none
	})
}

// completeChannels are the names that the peer has at --admin.
func completeChannels(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	_ = fromEnvironment(cmd) // what is wrong is said when the command is run
	o := adminOptions{admin: cmd.Flag("admin").Value.String(), patience: completionPatience}
	source, err := o.source()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	status, err := source.status(ctx, "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, c := range status.Channels {
		if visible(c.Name) == c.Name {
			names = append(names, c.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
