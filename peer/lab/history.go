package lab

// Sample is a moment of a run. Bytes and stalls are those since its beginning, of
// all peers together.
type Sample struct {
	At      float64  `json:"t_s"`
	Peers   int      `json:"peers"`
	HTTP    *int64   `json:"http"`
	P2P     *int64   `json:"p2p"`
	Stalls  *int64   `json:"stalls"`
	Level   *float64 `json:"level"`   // mean
	Offload *float64 `json:"offload"` // at this moment, by the graph of a simulation; null where bytes tell
}

// maxSamples is how many a history keeps. When there are more, it forgets every
// second one.
const maxSamples = 600

// history is a run in samples.
type history struct {
	kept  []Sample
	every int // how many are shown for one that is kept
	shown int
}

func (h *history) add(s Sample) {
	h.every = max(1, h.every)
	h.shown++
	if h.shown%h.every != 0 {
		return
	}
	if h.kept = append(h.kept, s); len(h.kept) < maxSamples {
		return
	}
	half := h.kept[:0]
	for i := 1; i < maxSamples; i += 2 {
		half = append(half, h.kept[i])
	}
	h.kept, h.every = half, 2*h.every
}

// samples are those that are left, oldest first.
func (h *history) samples() []Sample { return append([]Sample{}, h.kept...) }

// levelShares is how peers spread over levels, looked at many times.
type levelShares struct {
	count []int64
	all   int64
}

// maxLevels is how many levels are told apart.
const maxLevels = 64

func (l *levelShares) add(levels []float64) {
	for _, v := range levels {
		at := max(0, min(int(v), maxLevels-1))
		for len(l.count) <= at {
			l.count = append(l.count, 0)
		}
		l.count[at]++
		l.all++
	}
}

// value is the share of each level, from 0 on; empty when nothing was added.
func (l *levelShares) value() []float64 {
	shares := []float64{}
	for _, n := range l.count {
		shares = append(shares, float64(n)/float64(l.all))
	}
	return shares
}

// sample is a census as a moment of the run.
func (c census) sample(at float64, substreams int) Sample {
	s := Sample{At: at, Peers: c.peers, Level: spread(c.levels).Mean}
	s.Offload = share(int64(c.fed), int64(c.peers*substreams))
	return s
}
