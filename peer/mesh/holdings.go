package mesh

import (
	"maps"
	"math/bits"
)

// holdings are the segments that somebody has: a bit for each, in words of 64.
type holdings map[SN]uint64

// maxWords is how many words one peer's holdings take at most, whatever it says:
// those of the longest list, and what is kept around it.
const maxWords = (maxListed+keptBefore+keptAfter)/64 + 2

func (h holdings) has(sn SN) bool { return h[sn>>6]>>(sn&63)&1 == 1 }

// add says whether sn is new. One that there is no room for is not.
func (h holdings) add(sn SN) bool {
	old, ok := h[sn>>6]
	if !ok && len(h) >= maxWords {
		return false
	}
	h[sn>>6] = old | 1<<(sn&63)
	return h[sn>>6] != old
}

// remove says whether sn was there.
func (h holdings) remove(sn SN) bool {
	old := h[sn>>6]
	now := old &^ (1 << (sn & 63))
	if now == 0 {
		delete(h, sn>>6)
	} else {
		h[sn>>6] = now
	}
	return now != old
}

// within says whether there is one from first to last, which are close.
func (h holdings) within(first, last SN) bool {
	for i := range last - first + 1 {
		if h.has(first + i) {
			return true
		}
	}
	return false
}

func (h holdings) count() (n int) {
	for _, w := range h {
		n += bits.OnesCount64(w)
	}
	return n
}

// trim forgets the words that l keeps nothing of.
func (h holdings) trim(l list) {
	maps.DeleteFunc(h, func(word SN, _ uint64) bool {
		return word < (l.first-keptBefore)>>6 || word > (l.last+keptAfter)>>6
	})
}
