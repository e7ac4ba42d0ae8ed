package tracker

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"sync"

	"hlspeer/signaling"
)

// idLength letters are enough that nobody guesses the id of another channel's
// peer.
const idLength = 12

const idLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isPeerID says whether id could be one of ours.
func isPeerID(id signaling.PeerID) bool {
	return len(id) == idLength && strings.Trim(string(id), idLetters) == ""
}

// chance gives out ids and random sources.
type chance struct {
	mu   sync.Mutex
	rand *rand.Rand
}

// newChance is repeatable for any seed but 0.
func newChance(seed uint64) *chance {
	var key [32]byte
	if seed == 0 {
		_, _ = crand.Read(key[:]) // never fails
	} else {
		binary.LittleEndian.PutUint64(key[:], seed)
	}
	return &chance{rand: rand.New(rand.NewChaCha8(key))}
}

// peerID returns a new id. It holds no hyphen (protocol 1.8).
func (c *chance) peerID() signaling.PeerID {
	c.mu.Lock()
	defer c.mu.Unlock()
	var id [idLength]byte
	for i := range id {
		id[i] = idLetters[c.rand.IntN(len(idLetters))]
	}
	return signaling.PeerID(id[:])
}

// source returns a new random source for one room.
func (c *chance) source() *rand.Rand {
	c.mu.Lock()
	defer c.mu.Unlock()
	return rand.New(rand.NewPCG(c.rand.Uint64(), c.rand.Uint64()))
}
