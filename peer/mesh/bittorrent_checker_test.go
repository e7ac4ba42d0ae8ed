package mesh

import "time"

type swarmChecker struct {
	brain *BitTorrent
	done  []Action
	wake  time.Duration
}

func newSwarmChecker(c BitTorrentConfig) *swarmChecker {
	return &swarmChecker{brain: NewBitTorrent(c), wake: Never}
}

func (c *swarmChecker) step(now time.Duration, ev Event) error {
	c.done, c.wake = c.brain.Step(now, ev)
	if c.wake <= now {
		panic("wake")
	}
	return nil
}
