package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/signaling"
	"hlspeer/signaling/tracker"
)

type trackerOptions struct {
	settings
	listen     string
	reportSpan time.Duration
	heartbeat  time.Duration
	perAddress int
	substreams int
	streamRate rateValue
	origins    []string
	keys       []string
	keyFile    string
	secretFile string
	tlsCert    string
	tlsKey     string
	speedTest  bool
	pageToken  string
	tokenFile  string
	addresses  bool
	geoip      []string
	log        logFlags
}

func newTrackerCmd() *cobra.Command {
	cmd, _ := trackerCommand()
	return cmd
}

func trackerCommand() (*cobra.Command, *trackerOptions) {
	d := tracker.DefaultConfig()
	o := &trackerOptions{streamRate: rateValue(d.StreamRate)}
	cmd := &cobra.Command{
		Use:   "tracker",
		Short: "Run the scheduler, the BitTorrent tracker and the signal relay",
		Long: "Run the server that peers meet at: it assigns parents by the uplink they have to\n" +
			"give, names the peers of swarms to each other, and relays the signals by which\n" +
			"peers find each other. Its address in a browser is a page that draws the mesh.\n\n" +
			"Rates are written as 4Mbps or 500kbps, durations as 3s or 1m30s. Each flag is also a\n" +
			"variable, --page-token is HLSPEER_PAGE_TOKEN, and a key of the file of --config.\n" +
			"Flags win over variables, and these over the file.",
		Example: "  hlspeer tracker\n" +
			"  hlspeer tracker --listen 127.0.0.1:7070 --key-file /etc/hlspeer/keys\n" +
			"  hlspeer tracker --config tracker.yaml",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.example {
				return printExample(cmd.OutOrStdout(), &o.settings)
			}
			o.resolve()
			return runTracker(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", ":7070", "`HOST:PORT` to listen on; without HOST on all addresses, port 0 picks a free one")
	f.DurationVar(&o.reportSpan, "report-span", time.Duration(d.ReportSpan)*time.Second, "time between two reports of a peer")
	f.DurationVar(&o.heartbeat, "heartbeat-interval", time.Duration(d.HeartbeatInterval)*time.Second, "time between two heartbeats of a peer of a swarm; one that is silent for 2.5 of them has gone")
	f.IntVar(&o.perAddress, "max-requests-per-address", d.MaxRequestsPerAddress, "requests to the BitTorrent tracker that one address may make in a second; 0 for no limit, as behind a reverse proxy")
	f.IntVar(&o.substreams, "substreams", d.Substreams, "parts that a stream is split into")
	f.Var(&o.streamRate, "stream-rate", "bit rate of a channel until its peers report it")
	f.StringSliceVar(&o.origins, "allowed-origins", d.AllowedOrigins, "web origins whose pages may connect")
	f.StringArrayVar(&o.keys, "key", nil, "`key` that peers may come with; repeatable; none: everybody may")
	f.StringVar(&o.keyFile, "key-file", "", "`file` that holds such keys, one a line, so that they are not seen in the list of processes")
	f.StringVar(&o.secretFile, "key-secret-file", "", "`file` that holds the secret, or several, one a line, of keys that expire, which 'hlspeer tracker token' makes")
	f.StringVar(&o.tlsCert, "tls-cert", "", "`file` of the certificate, and those that sign it, in PEM: https and wss only; read again when it has changed")
	f.StringVar(&o.tlsKey, "tls-key", "", "`file` of its private key")
	f.BoolVar(&o.speedTest, "speed-test", d.SpeedTest, "let peers measure their uplink here")
	f.StringVar(&o.pageToken, "page-token", "", "`token` for which the topology page is shown to other machines; none: only to this one")
	f.StringVar(&o.tokenFile, "page-token-file", "", "`file` that holds that token")
	f.BoolVar(&o.addresses, "show-addresses", false, "show the addresses of peers on the topology page")
	f.StringArrayVar(&o.geoip, "geoip", nil, "`file` in the format of MaxMind (mmdb) that tells where addresses are: City, ISP or ASN; repeatable; read once at start")
	o.log.register(f)
	o.register(cmd, "tracker", &o.log)
	cmd.AddCommand(newTrackerTokenCmd())
	return cmd, o
}

// check says what is wrong with the settings.
func (o *trackerOptions) check() []error {
	_, f := o.config()
	o.log.logger(io.Discard, &f)
	return f.sorted()
}

// config turns options into a configuration and lists every fault, each by the
// name that the user has given.
func (o *trackerOptions) config() (tracker.Config, faults) {
	c := tracker.DefaultConfig()
	f := o.faults()
	c.Keys = o.keys
	if o.keyFile != "" {
		text, err := os.ReadFile(o.keyFile)
		c.Keys = append(c.Keys, strings.Fields(string(text))...)
		switch {
		case err != nil:
			f.add("key-file", "%s: %v", o.keyFile, reason(err))
		case len(c.Keys) == 0:
			f.add("key-file", "%s: no key in it", o.keyFile) // everybody could come
		}
	}
	if o.secretFile != "" {
		c.KeySecrets = readSecrets("key-secret-file", o.secretFile, &f)
	}
	o.certificate(&f)
	c.ReportSpan, c.Substreams = int(o.reportSpan/time.Second), o.substreams
	c.StreamRate, c.AllowedOrigins = signaling.BitRate(o.streamRate), o.origins
	c.SpeedTest = o.speedTest
	c.HeartbeatInterval, c.MaxRequestsPerAddress = int(o.heartbeat/time.Second), o.perAddress
	c.PageToken, c.ShowAddresses = o.pageToken, o.addresses
	if o.tokenFile != "" {
		c.PageToken = readToken("page-token-file", o.tokenFile, &f)
	}
	if len(o.geoip) > 0 {
		c.Locator = openGeoip(o.geoip, &f)
	}
	f.address("listen", o.listen)
	f.joinTracker(c.Validate())
	return c, f
}

// certificate is what the tracker shows over TLS; nil: it speaks without.
func (o *trackerOptions) certificate(f *faults) *certificate {
	switch {
	case o.tlsCert == "" && o.tlsKey == "":
		return nil
	case o.tlsCert == "":
		f.add("tls-key", "wants --tls-cert, too")
		return nil
	case o.tlsKey == "":
		f.add("tls-cert", "wants --tls-key, too")
		return nil
	}
	c, err := loadCertificate(o.tlsCert, o.tlsKey)
	if err != nil {
		f.add("tls-cert", "%s: %v", o.tlsCert, err)
	}
	return c
}

// joinTracker takes over the faults of a tracker's configuration and names
// their flags.
func (f *faults) joinTracker(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.joinTracker(e)
		}
		return
	}
	switch fault, ok := errors.AsType[*tracker.Fault](err); {
	case ok:
		f.add(fault.Key, "is wrong: %s", fault.Problem)
	case err != nil:
		f.list = append(f.list, err)
	}
}

func runTracker(cmd *cobra.Command, o *trackerOptions) error {
	c, f := o.config()
	c.Logger = o.log.logger(cmd.ErrOrStderr(), &f)
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	o.warn(c.Logger)
	o.manager = takeSupervisor(c.Logger)
	hangups, stop := o.hangups()
	defer stop()
	if places, ok := c.Locator.(geoip); ok {
		c.Logger.Info("places are known", "databases", places.describe())
	}
	srv, err := tracker.New(c)
	if err != nil {
		return fail(exitUsage, "%w", err)
	}
	l, err := listen(o.from("listen"), o.listen, "tracker")
	if err != nil {
		return err
	}
	if cert := o.certificate(&f); cert != nil {
		cert.log = c.Logger
		l.secure(cert.config())
	}
	fmt.Fprintf(cmd.OutOrStdout(), "tracker: %s\npage: %s/\n", l.url(), l.url())
	return daemon(cmd.Context(), srv.Run, func(ctx context.Context) error {
		return l.serveTracker(ctx, srv)
	}, func(ctx context.Context) error {
		return o.reloadOn(ctx, hangups, c.Logger)
	}, func(ctx context.Context) error {
		<-srv.Ready()
		return o.manager.run(ctx, trackerActivity(srv))
	})
}
