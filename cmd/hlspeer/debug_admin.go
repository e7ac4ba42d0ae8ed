package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hlspeer/peer"
)

// maxStatus is how long an answer of a peer may be, bytes.
const maxStatus = 16 << 20

// adminOptions are what the commands have in common that look into a running
// peer.
type adminOptions struct {
	admin   string
	token   tokenFlags
	channel string
	json    bool

	patience time.Duration // for each answer of the peer
}

func newAdminOptions(cmd *cobra.Command) *adminOptions {
	o := &adminOptions{patience: 10 * time.Second}
	o.register(cmd.Flags())
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	return o
}

// register adds the flags that say which peer is asked, and of which channel.
func (o *adminOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.admin, "admin", "http://127.0.0.1:8091", "admin address of the peer, `URL` or HOST:PORT, as it prints when it starts")
	o.token.register(f, "`token` of that address (--admin-token of the peer), unless it is on this machine")
	f.StringVar(&o.channel, "channel", "", "`name` of the channel, or its URL without query; none: all of the peer's")
}

// source checks the options and returns where to ask.
func (o *adminOptions) source() (peerSource, error) {
	var f faults
	base := o.admin
	switch {
	case base == "" || base == "off":
		f.add("admin", "is no address: give the one that the peer prints, e.g. http://127.0.0.1:8091")
	case strings.HasPrefix(base, ":"):
		base = "http://127.0.0.1" + base
	case !strings.Contains(base, "://"):
		base = "http://" + base
	}
	if len(f.list) == 0 {
		if err := peer.CheckURL(base, "http", "https"); err != nil {
			f.add("admin", "%v", err)
		} else if strings.ContainsAny(base, "?#@") {
			f.add("admin", "wants a URL without user and query")
		}
	}
	token := o.token.read(&f)
	return newPeerSource(strings.TrimSuffix(base, "/"), token, o.patience), f.err()
}

// peerSource is the admin address of a running peer.
type peerSource struct{ remote }

func newPeerSource(base, token string, patience time.Duration) peerSource {
	return peerSource{remote{base, token, patience, adminHint}}
}

// adminHint is what the user may look at.
func adminHint(code int) string {
	switch code {
	case 0:
		return "is it the peer's admin address, and is the peer running?"
	case http.StatusForbidden:
		return "--admin wants an IP address or localhost"
	case http.StatusNotFound:
		return "is it the admin address of a peer?"
	}
	return ""
}

// get asks the peer, and fills answer from the JSON it sends.
func (s peerSource) get(ctx context.Context, path string, answer any) error {
	return s.getUpTo(ctx, path, maxStatus, answer)
}

// getUpTo is get for an answer of at most so many bytes.
func (s peerSource) getUpTo(ctx context.Context, path string, most int, answer any) error {
	text, err := s.ask(ctx, path, most)
	path, _, _ = strings.Cut(path, "?")
	switch {
	case err != nil:
		return err
	case !json.Valid(text):
		return fmt.Errorf("the answer of %s%s is none of a peer of hlspeer", visible(s.base), path)
	case json.Unmarshal(text, answer) != nil:
		return s.otherVersion(path)
	}
	return nil
}

func (s peerSource) otherVersion(path string) error {
	return fmt.Errorf("the answer of %s%s is not what this version of hlspeer reads (here: %s); use the hlspeer that runs the peer", visible(s.base), path, versionText())
}

// status asks what the peer is doing, in the channels that are asked for.
func (s peerSource) status(ctx context.Context, channel string) (peer.Status, error) {
	var all peer.Status
	const path = "/api/v1/status"
	if err := s.get(ctx, path, &all); err != nil {
		return all, err
	}
	if len(all.Channels) == 0 {
		return all, fmt.Errorf("the answer of %s%s is none of a peer of hlspeer", visible(s.base), path)
	}
	chosen := []peer.ChannelStatus{}
	var names []string
	for _, c := range all.Channels {
		names = append(names, short(c.Name, 60))
		var tracks []peer.TrackStatus
		for _, t := range c.Tracks {
			if t.Standing == "" {
				return all, s.otherVersion(path)
			}
			if t.Room == channel {
				tracks = append(tracks, t)
			}
		}
		switch {
		case channel == "" || channel == c.Name:
			chosen = append(chosen, c)
		case len(tracks) > 0:
			c.Tracks = tracks
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return all, fmt.Errorf("the peer has no channel %s; it has: %s", visible(channel), strings.Join(names, ", "))
	}
	all.Channels = chosen
	return all, nil
}

// segments asks where the segments came from, in the channels that are asked for.
func (s peerSource) segments(ctx context.Context, channel string) ([]peer.ChannelSegments, error) {
	if _, err := s.status(ctx, channel); err != nil { // is it a peer, and is there such a channel?
		return nil, err
	}
	var all []peer.ChannelSegments
	const path = "/api/v1/segments"
	if err := s.get(ctx, path, &all); err != nil {
		return nil, err
	}
	chosen := []peer.ChannelSegments{}
	for _, c := range all {
		if c.Room == "" || c.InFlight == nil {
			return nil, s.otherVersion(path)
		}
		if channel == "" || channel == c.Name || channel == c.Room {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

// newAdminCmd finishes a command that looks into a running peer.
func newAdminCmd(cmd *cobra.Command, show func(ctx context.Context, out io.Writer, s peerSource, o *adminOptions, args []string) error) *cobra.Command {
	o := newAdminOptions(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd); err != nil {
			return fail(exitUsage, "%w", err)
		}
		source, err := o.source()
		if err != nil {
			return fail(exitUsage, "%w", err)
		}
		err = show(cmd.Context(), cmd.OutOrStdout(), source, o, args)
		if coded, ok := errors.AsType[*codedError](err); ok {
			return coded
		}
		if err != nil {
			return fail(exitFailed, "%w", err)
		}
		return nil
	}
	return cmd
}
