package tracker

import (
	"context"
	"errors"
	"sync"
)

// A lifetime is the time in which [Server.Run] runs, and all the work that must
// have ended before it returns.
type lifetime struct {
	began chan struct{}

	mu   sync.Mutex
	ctx  context.Context // of Run; nil before
	over bool
	work sync.WaitGroup
}

func (l *lifetime) begin(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx != nil {
		return errors.New("tracker: has run already")
	}
	l.ctx = ctx
	close(l.began)
	return nil
}

// enter starts a piece of work, unless the server is not running. The caller
// calls l.work.Done when it has ended.
func (l *lifetime) enter() (context.Context, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running() {
		return nil, false
	}
	l.work.Add(1)
	return l.ctx, true
}

// end lets no more work begin and waits for what there is.
func (l *lifetime) end() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.work.Wait()
}

// running wants l.mu held.
func (l *lifetime) running() bool { return l.ctx != nil && !l.over && l.ctx.Err() == nil }

func (l *lifetime) ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running()
}
