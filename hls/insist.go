package hls

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// askAgain is when a request that nothing has answered yet is made once more.
const askAgain = 3 * time.Second

// insist asks like [Origin.ask]. A request that hangs may be the only one that
// does, so there is a second one beside it after a while, and the first answer
// wins. The source is never asked a third time: it may be slow because it is
// asked too much.
func (o *Origin) insist(ctx context.Context, u *url.URL, header http.Header) (*exchange, error) {
	first := begin(ctx, u, o.cfg.NoProgress)
	answers := make(chan outcome, 2)
	go o.try(first, u, header, answers)
	again := time.NewTimer(askAgain)
	defer again.Stop()
	select {
	case a := <-answers:
		return a.x, a.err
	case <-again.C:
	}
	second := begin(ctx, u, o.cfg.NoProgress-askAgain)
	second.patience = o.cfg.NoProgress // from the answer on
	go o.try(second, u, header, answers)
	a := <-answers
	if a.err != nil {
		a = <-answers
		return a.x, a.err
	}
	other := first
	if a.x == first {
		other = second
	}
	other.cancel(nil)
	go func() { // it may have been answered at the same moment
		if late := <-answers; late.err == nil {
			late.x.close()
		}
	}()
	return a.x, nil
}

// outcome is what a request came to.
type outcome struct {
	x   *exchange
	err error
}

func (o *Origin) try(x *exchange, u *url.URL, header http.Header, to chan<- outcome) {
	err := o.send(x, http.MethodGet, u, header)
	to <- outcome{x, err}
}
