package mesh

import "math/bits"

// record is how a parent did on its last ten requests: a bit is set for each
// miss, the lowest for the newest.
type record uint16

const recordLen = 10

func (r *record) hit()  { *r = *r << 1 & (1<<recordLen - 1) }
func (r *record) miss() { r.hit(); *r |= 1 }

// misses counts them.
func (r record) misses() int { return bits.OnesCount16(uint16(r)) }

// poor says that the parent is to be replaced: two misses in a row, or three
// of ten (mesh 6.2).
func (r record) poor() bool { return r&3 == 3 || r.misses() >= 3 }

// hopeless says that a peer of a swarm is to be dropped: four misses of ten
// (case 75).
func (r record) hopeless() bool { return r.misses() >= 4 }
