package mesh

import "time"

// BitTorrent is the engine for films, and for live channels that may lag: peers
// tell each other what they hold and ask whom they like.
type BitTorrent struct{ cfg BitTorrentConfig }

var _ Engine = (*BitTorrent)(nil)

// NewBitTorrent makes an engine that holds no links and wants nothing. It panics
// if c is not valid: see [BitTorrentConfig.Validate].
func NewBitTorrent(c BitTorrentConfig) *BitTorrent {
	if err := c.Validate(); err != nil {
		panic("mesh: " + err.Error())
	}
	return &BitTorrent{cfg: c}
}

// Step implements [Engine].
func (b *BitTorrent) Step(time.Duration, Event) ([]Action, time.Duration) { return nil, Never }

// Snapshot implements [Engine].
func (b *BitTorrent) Snapshot() Snapshot { return Snapshot{} }
