package hls

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// attempt is a request that has been answered, or has failed.
type attempt struct {
	x   *exchange
	err error
}

// askAgain is ask for what a player waits for. Sources sometimes let one
// connection hang and answer on the next. So as long as there is no answer, one
// more request is made every [OriginConfig.AskAgain] beside those before, which
// may merely be slow, and whichever is answered first counts. Together they
// wait no longer than one does. Behind the answer, patience is what may pass
// between any two signs of life.
func (o *Origin) askAgain(ctx context.Context, method string, u *url.URL, header http.Header, patience time.Duration) (*exchange, error) {
	var sent []*exchange
	ended := make(chan attempt)
	send := func(answer time.Duration) {
		x := newExchange(ctx, u, answer, patience)
		sent = append(sent, x)
		go func() { ended <- attempt{x, x.send(o, method, u, header)} }()
	}
	send(o.cfg.NoProgress)
	again := time.NewTicker(o.cfg.AskAgain)
	defer again.Stop()
	left, over := o.cfg.NoProgress, 0
	for {
		select {
		case a := <-ended:
			if over++; a.err != nil && over < len(sent) {
				continue
			}
			outrun(a.x, sent, ended, len(sent)-over)
			if a.err != nil {
				return nil, a.err
			}
			return a.x, nil
		case <-again.C:
			if left -= o.cfg.AskAgain; left > o.cfg.AskAgain {
				// Those kept from before may hang all: our address has changed, say.
				o.client.CloseIdleConnections()
				send(left)
			}
		}
	}
}

// outrun ends the requests beside the one that counts; n have not ended.
func outrun(by *exchange, sent []*exchange, ended <-chan attempt, n int) {
	for _, x := range sent {
		if x != by {
			x.cancel(nil)
		}
	}
	for range n {
		if late := <-ended; late.err == nil {
			late.x.close()
		}
	}
}
