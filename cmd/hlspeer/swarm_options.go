package main

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"hlspeer/peer"
	"hlspeer/peer/lab"
)

type swarmOptions struct {
	peers              int
	duration           time.Duration
	ramp, joinEvery    time.Duration
	seed               uint64
	engine             string
	bitrate            rateValue
	segment            time.Duration
	film, check        bool
	tracker, key       string
	channel            string
	net, profile       string
	uplinks, downlinks ratesValue
	rtt                time.Duration
	loss               float64
	holdback           shareValue
	churn              string
	stay               time.Duration
	crash              float64
	cache              sizeValue
	output             reportOutput
	limits             limits
	log                logFlags

	given func(flag string) bool
}

func newSwarmOptions() *swarmOptions {
	return &swarmOptions{bitrate: 2_500_000, cache: 16 << 20}
}

func (o *swarmOptions) register(f *pflag.FlagSet) {
	f.IntVar(&o.peers, "peers", 20, "how many peers there are at a time")
	f.DurationVar(&o.duration, "duration", time.Minute, "how long to run")
	f.DurationVar(&o.ramp, "ramp", 0, "time in which the first peers join (default: a quarter of the run, 5m at most; 1m for flash)")
	f.DurationVar(&o.joinEvery, "join-every", 0, "time between two peers that join, in place of --ramp")
	f.Uint64Var(&o.seed, "seed", 1, "of who comes and goes when, and of losses")
	f.StringVar(&o.engine, "engine", string(peer.EngineAuto), "auto, fastmesh, bittorrent or none")
	f.Var(&o.bitrate, "bitrate", "of the own channel")
	f.DurationVar(&o.segment, "segment", 4*time.Second, "duration of a segment of the own channel")
	f.BoolVar(&o.film, "vod", false, "the own channel is a film as long as the run")
	f.BoolVar(&o.check, "check", false, "fetch each segment of URL once more to compare what viewers got")
	f.StringVar(&o.tracker, "tracker", "", "tracker `URL`, http(s)://host:port (default: start one here)")
	f.StringVar(&o.key, "key", "", "API key or token for that tracker")
	f.StringVar(&o.channel, "channel", "", "channel identity at the tracker (default: the URL without its query)")
	f.StringVar(&o.net, "net", "real", "real: sockets; virtual: data channels in this process, with --rtt, --loss and --downlinks")
	f.StringVar(&o.profile, "profile", "mixed", "lines of the peers: "+oneOf(profileNames())+"; with --net real the uplinks alone")
	f.Var(&o.uplinks, "uplinks", "what the peers offer, given to them in turn, e.g. 10Mbps,2Mbps,0")
	f.Var(&o.downlinks, "downlinks", "what comes in at most, given to the peers in turn; 0: no limit")
	f.DurationVar(&o.rtt, "rtt", 0, "round trip between two peers")
	f.Float64Var(&o.loss, "loss", 0, "share of the packets between peers that are lost, e.g. 0.01")
	f.Var(&o.holdback, "holdback", "share of the peers that take nothing from others, to compare both groups")
	f.StringVar(&o.churn, "churn", string(lab.Still), "how peers come and go: "+oneOf(lab.Profiles()))
	f.DurationVar(&o.stay, "stay", 5*time.Minute, "how long a peer stays, on average")
	f.Float64Var(&o.crash, "crash", 0, "share of those who leave that do so without a word")
	f.Var(&o.cache, "cache", "memory for segments, of each peer")
	o.output.register(f)
	o.limits.register(f)
	o.log.register(f)
	f.Lookup("log-level").DefValue, o.log.level = "off", "off"
	f.Lookup("log-level").Usage = "debug, info, warn, error or off"
}

// config turns options into a configuration and lists every fault.
func (o *swarmOptions) config(args []string, errs io.Writer) (lab.SwarmConfig, faults) {
	var f faults
	c := lab.SwarmConfig{
		Peers: o.peers, Engine: peer.EngineKind(o.engine), Seed: &o.seed, Film: o.film, Check: o.check,
		Tracker: o.tracker, Key: o.key, HoldBack: float64(o.holdback), Channel: o.channel, CacheBytes: int64(o.cache), LookEvery: 2 * time.Second,
	}
	if o.log.level == "off" {
		errs, o.log.level = io.Discard, "error"
	}
	c.Logger = o.log.logger(errs, &f)
	if o.peers < 1 || o.peers > lab.MaxSwarmPeers {
		f.add("peers", "%d: want 1 to %d", o.peers, lab.MaxSwarmPeers)
	}
	if !slices.Contains([]peer.EngineKind{peer.EngineAuto, peer.EngineFastmesh, peer.EngineBitTorrent, peer.EngineNone}, c.Engine) {
		f.add("engine", "%q: want auto, fastmesh, bittorrent or none", o.engine)
	}
	if o.cache < 1<<20 {
		f.add("cache", "%v: want 1MiB or more", &o.cache)
	}
	o.servers(args, &c, &f)
	o.origin(&c, &f)
	o.lines(&c, &f)
	o.arrivals(&c, &f)
	o.output.prepare(&f)
	o.limits.check(&f)
	if f.err() == nil { // else it would tell twice
		if err := c.Validate(); err != nil {
			f.list = append(f.list, err)
		}
	}
	return c, f
}

// servers sets whose source and tracker it is.
func (o *swarmOptions) servers(args []string, c *lab.SwarmConfig, f *faults) {
	if len(args) > 0 {
		c.Source = args[0]
		if err := peer.CheckURL(c.Source, "http", "https"); err != nil {
			f.list = append(f.list, errors.New("URL "+err.Error()))
		}
		o.refuse(f, "is for the own channel, not together with URL", "bitrate", "segment", "vod")
	} else {
		o.refuse(f, "is for a channel that is named by URL", "check", "channel")
	}
	if o.tracker == "" {
		o.refuse(f, "is for a tracker that is named by --tracker", "key")
		return
	}
	if err := peer.CheckURL(o.tracker, "http", "https"); err != nil {
		f.add("tracker", "%v", err)
	}
	if o.net == "virtual" {
		f.add("tracker", "not with --net virtual: others that it names could not be reached")
	}
}

// refuse finds flags that have no meaning here.
func (o *swarmOptions) refuse(f *faults, why string, flags ...string) {
	for _, flag := range flags {
		if o.given(flag) {
			f.add(flag, "%s", why)
		}
	}
}

// origin makes the own channel.
func (o *swarmOptions) origin(c *lab.SwarmConfig, f *faults) {
	if o.bitrate < 300_000 || o.bitrate > 50_000_000 {
		f.add("bitrate", "%v: want 300kbps to 50Mbps", &o.bitrate)
	}
	if o.segment < 500*time.Millisecond || o.segment > 10*time.Second {
		f.add("segment", "%v: want 500ms to 10s", o.segment)
		return
	}
	natural := lab.NewOrigin(lab.OriginConfig{}).Duration()
	c.Origin = lab.OriginConfig{BitRate: int64(o.bitrate), Speed: float64(natural) / float64(o.segment)}
	c.Origin.VODLoops = 1 + int(o.duration/o.segment/lab.LoopSegments)
}

// lines sets the network and what the peers hang on.
func (o *swarmOptions) lines(c *lab.SwarmConfig, f *faults) {
	p, ok := profileNamed(o.profile)
	if !ok {
		f.add("profile", "%q: want one of %s", o.profile, oneOf(profileNames()))
	}
	if c.Uplinks = o.uplinks; len(c.Uplinks) == 0 {
		c.Uplinks = p.rates(int64(o.bitrate))
	}
	if o.churn == string(lab.Deficit) {
		c.Uplinks = scaled(c.Uplinks, lab.DeficitUplinks)
	}
	if o.given("rtt") {
		p.rtt = []time.Duration{o.rtt}
	}
	if o.given("loss") {
		p.loss = []float64{o.loss}
	}
	if o.given("downlinks") {
		p.down = o.downlinks
	}
	switch o.net {
	case "virtual":
		c.Virtual, c.Lines = true, p.lines(max(1, o.peers))
	case "real":
		o.refuse(f, "needs --net virtual: the sockets of this machine have no such thing", "rtt", "loss", "downlinks", "crash")
	default:
		f.add("net", "%q: want real or virtual", o.net)
	}
	if o.rtt < 0 || o.rtt > 5*time.Second {
		f.add("rtt", "%v: want 0 to 5s", o.rtt)
	}
	if !(0 <= o.loss && o.loss <= .5) {
		f.add("loss", "%g: want 0 to 0.5", o.loss)
	}
}

// scaled is rates times a factor.
func scaled(rates []int64, by float64) []int64 {
	var all []int64
	for _, r := range rates {
		all = append(all, int64(float64(r)*by))
	}
	return all
}

// arrivals sets who comes and goes when.
func (o *swarmOptions) arrivals(c *lab.SwarmConfig, f *faults) {
	if o.duration < time.Second || o.duration > 24*time.Hour {
		f.add("duration", "%v: want 1s to 24h", o.duration)
		return
	}
	churn := lab.Churn{
		Profile: lab.Profile(o.churn), Peers: c.Peers, Duration: o.duration, Ramp: -1, Stay: o.stay, Crash: o.crash, Seed: o.seed,
	}
	if o.given("ramp") {
		churn.Ramp = max(0, o.ramp)
	}
	if o.given("join-every") {
		o.refuse(f, "not together with --join-every", "ramp")
		churn.Ramp = max(0, o.joinEvery) * time.Duration(max(0, c.Peers-1))
	}
	if !o.checkChurn(churn, f) {
		return
	}
	stays, err := churn.Stays(lab.MaxSwarmStays)
	if err != nil {
		f.add("churn", "%v", err)
		return
	}
	if o.given("join-every") {
		for i := range stays[:c.Peers] {
			stays[i].From = o.joinEvery * time.Duration(i)
		}
	}
	c.Stays = stays
}

// checkChurn says whether there are no faults.
func (o *swarmOptions) checkChurn(churn lab.Churn, f *faults) bool {
	if !slices.Contains(lab.Profiles(), churn.Profile) {
		f.add("churn", "%q: want one of %s", o.churn, oneOf(lab.Profiles()))
	}
	if o.churn == string(lab.Still) {
		o.refuse(f, "is for a --churn in which peers leave", "stay", "crash")
	}
	if o.stay < 10*time.Second {
		f.add("stay", "%v: want 10s or more", o.stay)
	}
	if !(0 <= o.crash && o.crash <= 1) {
		f.add("crash", "%g: want 0 to 1", o.crash)
	}
	if o.ramp < 0 || o.ramp > o.duration {
		f.add("ramp", "%v: want 0 to the --duration of %v", o.ramp, o.duration)
	}
	if o.joinEvery < 0 || o.joinEvery > 0 && churn.Ramp > o.duration {
		f.add("join-every", "%v: want 0 or more, and all peers within the --duration of %v", o.joinEvery, o.duration)
	}
	return f.err() == nil
}
