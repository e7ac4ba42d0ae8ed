package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/datachannel"
)

// natOptions are those of `debug nat`.
type natOptions struct {
	servers peerOptions
	timeout time.Duration
	json    bool
}

func newDebugNATCmd() *cobra.Command {
	o := &natOptions{servers: peerOptions{packet: sizeValue(datachannel.DefaultConfig().PacketSize)}}
	cmd := &cobra.Command{
		Use:   "nat [--stun SERVER]... [--turn SERVER]...",
		Short: "Show by which addresses other peers can reach this machine",
		Long: "Show by which addresses other peers can reach this machine: the candidates that a\n" +
			"peer with these flags would gather, whether its STUN and TURN servers answer and how\n" +
			"soon, what kind of NAT is in between, and the addresses that a peer gives away. It\n" +
			"ends with advice. No peer has to be running, and nothing is told to a tracker.\n\n" +
			"Two STUN servers are needed to tell the kind of NAT: where both see the same port,\n" +
			"others can send to it, too (endpoint independent); where each sees another one, only\n" +
			"TURN or a forwarded port helps. Servers are asked by IPv4.\n\n" +
			"--ice-policy relay: only addresses of TURN servers; lan: no servers are asked.\n\n" +
			"--json prints an object with candidates (kind, address, base), servers (url, turn, ok,\n" +
			"error, ms, mapped, relay), nat (none, endpoint independent, endpoint dependent or\n" +
			"unknown), disclosed (addresses) and advice (sentences).\n" +
			"Exit code 0: all servers answer, or none was given; 1: one does not.",
		Example: "  hlspeer debug nat --stun stun:a.example:3478 --stun stun:b.example:3478\n" +
			"  hlspeer debug nat --turn turn:user:password@turn.example:3478 --ice-policy relay",
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	s := &o.servers
	f.StringSliceVar(&s.stun, "stun", nil, "STUN server, stun:host:port")
	f.StringSliceVar(&s.turn, "turn", nil, "TURN server, turn:user:password@host:port")
	f.IntVar(&s.udpPort, "udp-port", 0, "the UDP `port` that the peer uses; 0: any")
	f.StringSliceVar(&s.advertise, "advertise", nil, "addresses that the peer announces")
	f.StringVar(&s.icePolicy, "ice-policy", string(datachannel.PolicyAll), "all, relay or lan")
	f.DurationVar(&o.timeout, "timeout", 5*time.Second, "how long each server may take")
	f.BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := fromEnvironment(cmd); err != nil {
			return fail(exitUsage, "%w", err)
		}
		return o.run(cmd.Context(), cmd.OutOrStdout())
	}
	return cmd
}

// config checks the options; every fault is listed.
func (o *natOptions) config() (datachannel.Config, error) {
	var f faults
	c := datachannel.DefaultConfig()
	o.servers.link(&c, &f)
	if c.Policy == datachannel.PolicyLAN {
		c.ICEServers = nil // none is asked
	}
	if o.timeout <= 0 {
		f.add("timeout", "%v: want more than 0", o.timeout)
	}
	if err := c.Validate(); err != nil {
		f.list = append(f.list, err)
	}
	return c, f.err()
}

func (o *natOptions) run(ctx context.Context, out io.Writer) error {
	c, err := o.config()
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	r, err := o.survey(ctx, c)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fail(exitFailed, "--udp-port %d: the port is in use, maybe by a peer that is running; stop it, or leave the flag out", o.servers.udpPort)
	case err != nil:
		return fail(exitFailed, "%w", err)
	}
	if o.json {
		err = writeJSON(out, r)
	} else {
		_, err = io.WriteString(out, r.text())
	}
	if err != nil {
		return fail(exitFailed, "%w", err)
	}
	for _, s := range r.Servers {
		if !s.OK {
			return fail(exitFailed, "%s does not serve: %s", s.URL, *s.Error)
		}
	}
	return nil
}

// natReport is what --json prints.
type natReport struct {
	Policy     datachannel.ICEPolicy `json:"ice_policy"`
	Candidates []natCandidate        `json:"candidates"`
	Servers    []natServer           `json:"servers"`
	NAT        string                `json:"nat"`
	Disclosed  []string              `json:"disclosed"`
	Advice     []string              `json:"advice"`
}

type natCandidate struct {
	Kind    string `json:"kind"`
	Address string `json:"address"`
	Base    string `json:"base,omitempty"`
}

type natServer struct {
	URL    string  `json:"url"`
	Turn   bool    `json:"turn"`
	OK     bool    `json:"ok"`
	Error  *string `json:"error"`
	Took   float64 `json:"ms"`
	Mapped string  `json:"mapped,omitempty"`
	Relay  string  `json:"relay,omitempty"`
}

// survey gathers and asks.
func (o *natOptions) survey(ctx context.Context, c datachannel.Config) (natReport, error) {
	r := natReport{Policy: datachannel.ICEPolicy(o.servers.icePolicy), Candidates: []natCandidate{}, Servers: []natServer{}, Disclosed: []string{}}
	limited, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	s, err := datachannel.Gather(limited, c)
	if err != nil {
		return r, err
	}
	for _, found := range s.Candidates {
		r.Candidates = append(r.Candidates, natCandidate(found))
	}
	r.Disclosed = append(r.Disclosed, s.Disclosed...)
	local := 0
	if len(c.ICEServers) > 0 {
		if local, err = o.ask(ctx, c, &r); err != nil {
			return r, err
		}
	}
	r.judge(local, len(o.servers.advertise) > 0)
	return r, nil
}

// ask asks the servers; local is the port that they were asked from.
func (o *natOptions) ask(ctx context.Context, c datachannel.Config, r *natReport) (local int, err error) {
	p, err := datachannel.NewProber(c.UDPPort)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	for _, server := range c.ICEServers {
		for _, raw := range server.URLs {
			limited, cancel := context.WithTimeout(ctx, o.timeout)
			got := p.Ask(limited, server, raw)
			cancel()
			s := natServer{
				URL: visible(raw), Turn: got.Turn, OK: got.Err == nil, Took: float64(got.Took.Microseconds()) / 1000,
				Mapped: got.Mapped, Relay: got.Relay,
			}
			if got.Err != nil {
				text := visible(got.Err.Error())
				s.Error = &text
			}
			r.Servers = append(r.Servers, s)
		}
	}
	return p.Local(), nil
}

// text shows the report to people.
func (r *natReport) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	if len(r.Candidates) == 0 {
		fmt.Fprintln(w, "No candidates: no peer can reach this one.")
	} else {
		fmt.Fprintln(w, "CANDIDATE\tADDRESS\tARRIVES AT")
	}
	for _, c := range r.Candidates {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Kind, c.Address, orDash(c.Base))
	}
	if len(r.Servers) > 0 {
		fmt.Fprintln(w, "\nSERVER\tANSWERS\tAFTER\tSEES US AS\tGIVES")
	}
	for _, s := range r.Servers {
		answers, after := "yes", fmt.Sprintf("%.1f ms", s.Took)
		if !s.OK {
			answers, after = "no: "+short(*s.Error, 80), "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.URL, answers, after, orDash(s.Mapped), orDash(s.Relay))
	}
	w.Flush()
	fmt.Fprintf(&b, "\nNAT: %s\nOther peers see: %s\n\n", r.NAT, orDash(strings.Join(r.Disclosed, ", ")))
	for _, a := range r.Advice {
		b.WriteString(a + "\n")
	}
	return trimLines(b.String())
}
