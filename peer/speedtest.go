package peer

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"hlspeer/peer/mesh"
	"hlspeer/signaling"
)

const (
	// speedTestBytes is what a test sends, at most as much as the offered uplink
	// carries in speedTestGoal; it ends within speedTestTime (protocol 4.4).
	speedTestBytes = 1 << 20
	speedTestGoal  = 5 * time.Second
	speedTestTime  = 10 * time.Second
	// It begins so long after accept, and up to as much as speedTestJitter later.
	speedTestPause  = time.Second
	speedTestJitter = 4 * time.Second
	// One that children leave no room for is begun again so much later, so often
	// in all.
	speedTestAgain = time.Minute
	speedTestTries = 3
	// speedTestShare of the claim and more is what a busy machine may measure of a
	// line that carries it.
	speedTestShare = 0.9
	// speedTestRounds is how many round trips a test must last: a shorter one
	// measures how a connection starts, not what the line carries.
	speedTestRounds = 10
	// speedTestChunk bytes are sent at once. While a child waits, none are, for
	// speedTestYield at a time.
	speedTestChunk = 16 << 10
	speedTestYield = 20 * time.Millisecond
)

// How a test can end, as the metric says.
const (
	speedSlower  = "slower"  // the line carries less than is claimed
	speedEnough  = "enough"  // it carries what is claimed
	speedUnclear = "unclear" // too far away to tell
	speedBusy    = "busy"    // children needed the line
	speedFailed  = "failed"
	speedForeign = "foreign" // not begun: the URL is not the scheduler's
)

// A speedResult is what a test has found.
type speedResult struct {
	result string
	rate   int64 // bit/s; of slower and enough
	err    error // of failed
}

// planSpeedTest decides whether to measure the uplink with a tracker: once in
// the life of the process, and only where it can change what is claimed.
func (t *track) planSpeedTest(address, scheduler string) {
	at, from := hostPort(address), hostPort(scheduler)
	if address == "" || t.kit.children() == 0 || !t.kit.claim.first(from) {
		return
	}
	if CheckURL(address, "http", "https") != nil || at != from {
		t.log.Debug("speed test elsewhere than at the scheduler: not made", "host", at)
		t.kit.metrics.speedTested(speedForeign)
		return
	}
	t.session.testURL = address
	t.session.testAt = t.now() + speedTestPause + rand.N(speedTestJitter)
}

// hostPort is the name and port that a URL leads to; "" when it is none.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// testSpeed begins the planned test.
func (t *track) testSpeed() {
	t.session.testAt = mesh.Never
	t.session.tests++
	address := t.session.testURL
	t.work.Go(func() {
		r := t.kit.testSpeed(t.ctx, address)
		t.post(func() { t.speedTested(r) })
	})
}

// speedTested draws the conclusion. What we send is never limited by it: that is
// the operator's word, and a line limits itself.
func (t *track) speedTested(r speedResult) {
	t.kit.metrics.speedTested(r.result)
	if r.err != nil {
		t.log.Debug("speed test failed", "error", r.err)
		return
	}
	t.log.Info("speed test", "result", r.result, "bit_s", r.rate, "offered", t.kit.claim.offer())
	switch r.result {
	case speedSlower:
		t.kit.claim.lower(r.rate)
		t.tellUplink()
	case speedBusy:
		if t.session.tests < speedTestTries {
			t.session.testAt = t.now() + speedTestAgain
		}
	}
}

// tellUplink tells the tracker when less is claimed than it knows.
func (t *track) tellUplink() {
	t.introduce()
	bits := t.kit.claim.bits()
	if t.claimed.Load() == bits || !t.session.online {
		return
	}
	if t.session.client.Send(signaling.UplinkBW{Value: signaling.BitRate(bits)}) == nil {
		t.claimed.Store(bits)
	}
}

// testSpeed posts random bytes to address and measures how long that takes. What
// children are sent meanwhile goes over the same line and counts as well.
func (k *kit) testSpeed(ctx context.Context, address string) speedResult {
	ctx, cancel := context.WithTimeout(ctx, speedTestTime)
	defer cancel()
	var began, connecting, roundTrip atomic.Int64 // ns on one clock
	clock := time.Now()
	now := func() int64 { return int64(time.Since(clock)) }
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(string, string) { connecting.Store(now()) },
		ConnectDone:  func(string, string, error) { roundTrip.Store(now() - connecting.Load()) },
		GotConn:      func(httptrace.GotConnInfo) { began.Store(now()) },
	})
	size := min(speedTestBytes, k.claim.offer()/8*int64(speedTestGoal/time.Second))
	body := &speedBody{ctx: ctx, kit: k}
	body.left.Store(size)
	before := k.served.Load()
	err := k.post(ctx, address, body, size)
	took, served := time.Duration(now()-began.Load()), k.served.Load()-before
	late := body.late.Load() || errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, errTimeUp)
	switch {
	case err != nil && served > 0 && late:
		return speedResult{result: speedBusy}
	case err != nil:
		return speedResult{result: speedFailed, err: err}
	case body.left.Load() > 0:
		return speedResult{result: speedFailed, err: errors.New("answered before all was sent")}
	}
	rate := int64(float64(8*(size+served)) / max(took, time.Microsecond).Seconds())
	switch {
	case float64(rate) >= speedTestShare*float64(k.claim.bits()):
		return speedResult{result: speedEnough, rate: rate}
	case took < speedTestRounds*time.Duration(roundTrip.Load()):
		return speedResult{result: speedUnclear, rate: rate}
	}
	return speedResult{result: speedSlower, rate: rate}
}

// errTimeUp says that the server's patience has ended, which on a busy machine is
// seen before our own timer now and then.
var errTimeUp = errors.New("speed test: the server waits no longer")

// post sends a test's body by the way that leads to the scheduler. Whatever is
// not an answer to a speed test is an error.
func (k *kit) post(ctx context.Context, address string, body io.Reader, size int64) error {
	transport := &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}
	if dial := k.cfg.Signal.NetDial; dial != nil {
		transport.DialContext, transport.Proxy = dial, nil
	}
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return fmt.Errorf("speed test: %w", err)
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	answer, err := client.Do(req)
	if err != nil {
		return err // with what was being done
	}
	defer answer.Body.Close()
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode == http.StatusRequestTimeout {
		return errTimeUp
	}
	if answer.StatusCode/100 != 2 || kind == "text/html" {
		return fmt.Errorf("speed test: answered %s, %q", answer.Status, kind)
	}
	return nil
}

// A speedBody is random bytes, sent within what children leave of the uplink
// that is offered.
type speedBody struct {
	ctx  context.Context
	kit  *kit
	left atomic.Int64
	late atomic.Bool // the limit leaves no time for the rest
}

func (b *speedBody) Read(p []byte) (int, error) {
	n := int(min(b.left.Load(), int64(len(p)), speedTestChunk))
	if n == 0 {
		return 0, io.EOF
	}
	for b.kit.queued.Load() > 0 {
		select {
		case <-time.After(speedTestYield):
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	if err := b.kit.uplink.WaitN(b.ctx, n); err != nil { // also when it would take too long
		b.late.Store(!errors.Is(b.ctx.Err(), context.Canceled))
		return 0, err
	}
	_, _ = crand.Read(p[:n]) // never fails
	b.left.Add(int64(-n))
	return n, nil
}
