package lab

import "sync"

// remembered is how many segments an origin keeps to serve them again.
const remembered = 16

// segmentMemory holds the segments that were asked for last, so that a thousand
// requests for one cost one making. Safe for concurrent use.
type segmentMemory struct {
	mu   sync.Mutex
	life int
	kept []madeSegment // oldest first
}

type madeSegment struct {
	SegmentKey
	once func() []byte
}

// shared is [Origin.Segment] for those who do not change it.
func (o *Origin) shared(rendition string, sn int64) []byte {
	key := SegmentKey{rendition, sn}
	m := &o.memory
	m.mu.Lock()
	if life := o.now().number; life != m.life {
		m.life, m.kept = life, nil
	}
	for _, k := range m.kept {
		if k.SegmentKey == key {
			m.mu.Unlock()
			return k.once()
		}
	}
	made := madeSegment{key, sync.OnceValue(func() []byte { return o.Segment(rendition, sn) })}
	if len(m.kept) >= remembered {
		m.kept = m.kept[1:]
	}
	m.kept = append(m.kept, made)
	m.mu.Unlock()
	return made.once()
}
