package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthWithin is how long a process may take to say how it is.
const healthWithin = 4 * time.Second

func newHealthcheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "healthcheck [HOST:PORT...]",
		GroupID: groupLook,
		Example: "  hlspeer healthcheck\n" +
			"  hlspeer healthcheck 127.0.0.1:7070",
		Short: "Ask a peer or a tracker on this machine whether it is ready",
		Long: "Ask for /readyz at each address, a peer's --admin or a tracker's --listen, until one\n" +
			"is ready: exit code 0. Otherwise 1. Without an address these are the peer's (or that\n" +
			"of HLSPEER_ADMIN) and the tracker's usual ones. For images without a shell.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runHealthcheck(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
}

func runHealthcheck(ctx context.Context, out io.Writer, addresses []string) error {
	if len(addresses) == 0 {
		addresses = []string{"127.0.0.1:8091", "127.0.0.1:7070"}
		if given := os.Getenv(variable("admin")); given != "" && given != "off" {
			addresses[0] = given
		}
	}
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	var faults []error
	for _, a := range addresses {
		host, port, err := net.SplitHostPort(a)
		if err != nil {
			return fail(exitUsage, "%q: want host:port", a)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		a = net.JoinHostPort(host, port)
		err = ready(ctx, a)
		if err == nil {
			_, err = fmt.Fprintf(out, "%s: ready\n", a)
			return err
		}
		faults = append(faults, fmt.Errorf("%s: %w", a, err))
	}
	return fail(exitFailed, "%w", errors.Join(faults...))
}

// ready is nil where the process at an address says so.
func ready(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	// Not by the proxy that the environment may name for sources.
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := direct.Do(req)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op
		}
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	return err
}
