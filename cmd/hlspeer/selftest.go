package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"hlspeer/peer/lab"
)

// selftestEvery is the time between two looks at the peers.
const selftestEvery = 20 * time.Millisecond

type selftestOptions struct {
	timeout time.Duration
	json    bool
	log     logFlags
}

func newSelftestCmd() *cobra.Command {
	o := &selftestOptions{}
	cmd := &cobra.Command{
		Use:     "selftest",
		GroupID: groupTest,
		Example: "  hlspeer selftest",
		Short:   "Check that two peers can share a channel on this machine",
		Long: "Run a source, a tracker and two peers in one process on loopback until segments\n" +
			"have gone from peer to peer, and compare their bytes. Nothing leaves the machine.\n" +
			"Exit code 0: all is well; 1: a step failed, which is named.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return runSelftest(cmd, o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "time for all steps together")
	f.BoolVar(&o.json, "json", false, "print one object a line for each step")
	o.log.register(f)
	f.Lookup("log-level").DefValue, o.log.level = "error", "error"
	return cmd
}

// errSelftestDone ends the swarm when all steps are done.
var errSelftestDone = errors.New("all steps are done")

func runSelftest(cmd *cobra.Command, o *selftestOptions) error {
	var f faults
	log := o.log.logger(cmd.ErrOrStderr(), &f)
	if o.timeout <= 0 {
		f.add("timeout", "%v: want more than 0", o.timeout)
	}
	if err := f.err(); err != nil {
		return fail(exitUsage, "%w", err)
	}
	ctx, cancel := context.WithTimeoutCause(cmd.Context(), o.timeout, fmt.Errorf("not within %v", o.timeout))
	defer cancel()
	t := selftest{out: cmd.OutOrStdout(), json: o.json, began: time.Now()}
	// Segments of half a second, so that this takes seconds; the second peer comes
	// when the first has something to give.
	swarm, err := lab.NewSwarm(lab.SwarmConfig{Peers: 2, JoinEvery: time.Second, Origin: lab.OriginConfig{Speed: 4}, Logger: log})
	if err = t.step("UDP and TCP sockets on loopback", "", err); err != nil {
		return err
	}
	err = together(ctx, swarm.Run, func(ctx context.Context) error {
		if err := t.run(ctx, swarm); err != nil {
			return err
		}
		return errSelftestDone
	})
	if errors.Is(err, errSelftestDone) {
		err = nil
	}
	return t.step("source, tracker and peers have ended", "", err)
}

// selftest tells the steps as they are done.
type selftest struct {
	out   io.Writer
	json  bool
	began time.Time
	told  error // a step that failed
}

// selftestLine is one step in JSON.
type selftestLine struct {
	Step    string  `json:"step"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"s"` // since the start
	Detail  string  `json:"detail,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// step tells how a step ended, unless one before it failed, and returns how all
// that is over ended.
func (t *selftest) step(name, detail string, err error) error {
	if t.told != nil {
		return t.told
	}
	line := selftestLine{Step: name, OK: err == nil, Seconds: time.Since(t.began).Seconds(), Detail: detail}
	word := "ok  "
	if err != nil {
		word, line.Error = "FAIL", err.Error()
		t.told = fail(exitFailed, "selftest: %s: %w", name, err)
	}
	if t.json {
		_ = json.NewEncoder(t.out).Encode(line) // a lost line is not the machine's fault
		return t.told
	}
	fmt.Fprintf(t.out, "%s %5.1f s  %s", word, line.Seconds, name)
	if detail != "" {
		fmt.Fprintf(t.out, " (%s)", detail)
	}
	fmt.Fprintln(t.out)
	return t.told
}

// run does all steps for which the swarm must run.
func (t *selftest) run(ctx context.Context, swarm *lab.Swarm) error {
	for _, url := range []string{swarm.SourceURL(), swarm.TrackerURL() + "/readyz"} {
		if err := answers(ctx, url); err != nil {
			return t.step("source and tracker answer", "", err)
		}
	}
	if err := t.step("source and tracker answer", "", nil); err != nil {
		return err
	}
	for _, s := range selftestSteps {
		detail, err := s.await(ctx, swarm)
		if err := t.step(s.name, detail, err); err != nil {
			return err
		}
	}
	return nil
}

// answers asks for a page until ctx ends.
func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}
