package tracker

import (
	"strings"
	"testing"
)

func TestChance(t *testing.T) {
	t.Parallel()
	a, b, other, random := newChance(1), newChance(1), newChance(2), newChance(0)
	id := a.peerID()
	if len(id) != idLength || strings.Trim(string(id), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		t.Errorf("id %q", id)
	}
	if b.peerID() != id {
		t.Error("the same seed gives another id")
	}
	if id == a.peerID() || id == other.peerID() || id == random.peerID() {
		t.Error("an id came twice")
	}
	b.peerID()
	if a.source().Uint64() != b.source().Uint64() {
		t.Error("the same seed gives another source")
	}
}
