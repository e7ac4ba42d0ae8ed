package peer

import (
	"context"
	"time"

	"hlspeer/hls"
)

// follow makes the poller keep up with the source from now on. Before, it polls
// as often as players do, at most.
func (p *poller) follow() {
	p.mu.Lock()
	p.follows = true
	p.mu.Unlock()
	p.wake()
}

func (p *poller) wake() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// wanted waits until somebody wants a newer text than the last; false when ctx
// has ended.
func (p *poller) wanted(ctx context.Context) bool {
	for {
		p.mu.Lock()
		p.stale = !p.follows && !p.asked
		stale := p.stale
		p.mu.Unlock()
		if !stale {
			return true
		}
		select {
		case <-p.nudge:
			p.mu.Lock()
			p.rota.begin(time.Now())
			p.mu.Unlock()
		case <-ctx.Done():
			return false
		}
	}
}

// newest is the newest text for a player; it waits for the first one, or a newer
// one after a pause, until ctx ends or a try has failed.
func (p *poller) newest(ctx context.Context) (*hls.Playlist, error) {
	for asks := true; ; asks = false {
		p.mu.Lock()
		last, err, changed, stale := p.last, p.err, p.changed, p.stale
		p.asked = p.asked || asks
		p.mu.Unlock()
		if stale {
			p.wake()
		} else if last != nil || err != nil {
			if last != nil {
				err = nil
			}
			return last, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
