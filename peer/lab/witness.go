package lab

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// witnessed is how many segments a witness remembers.
const witnessed = 1024

// witness fetches each segment of a foreign source once, and knows from that
// what peers should have got. Safe for concurrent use.
type witness struct {
	viewer *Viewer

	mu      sync.Mutex
	real    map[int64][sha256.Size]byte
	claimed map[int64]map[[sha256.Size]byte]int64 // by viewers, of what it has not fetched yet
	wrong   int64                                 // of these, those that were wrong
	checked int64
}

func newWitness(source string) *witness {
	w := &witness{real: map[int64][sha256.Size]byte{}, claimed: map[int64]map[[sha256.Size]byte]int64{}}
	w.viewer = NewViewer(ViewerConfig{URL: source, FromStart: true, Client: &http.Client{Transport: roundTripper(nil)}, Check: w.saw})
	return w
}

// run watches until ctx ends.
func (w *witness) run(ctx context.Context) error {
	err := w.viewer.Run(ctx)
	if ctx.Err() != nil {
		err = nil
	}
	return err
}

// saw takes what the source has.
func (w *witness) saw(sn int64, body []byte) error {
	sum := sha256.Sum256(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.real[sn] = sum
	for claim, n := range w.claimed[sn] {
		w.checked += n
		if claim != sum {
			w.wrong += n
		}
	}
	delete(w.claimed, sn)
	delete(w.real, sn-witnessed)
	delete(w.claimed, sn-witnessed)
	return nil
}

var errOther = errors.New("not what the source has")

// check judges what a viewer got, at once or when the source has been asked.
func (w *witness) check(sn int64, body []byte) error {
	sum := sha256.Sum256(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	real, ok := w.real[sn]
	switch {
	case !ok && len(w.claimed) < witnessed:
		if w.claimed[sn] == nil {
			w.claimed[sn] = map[[sha256.Size]byte]int64{}
		}
		w.claimed[sn][sum]++
	case ok:
		w.checked++
		if real != sum {
			return fmt.Errorf("segment %d: %w", sn, errOther)
		}
	}
	return nil
}

// wrong is how many segments differed from the source's; null: nobody compared.
func (s *Swarm) wrong(rows []Row) *int64 {
	var n int64
	for _, r := range rows {
		n += int64(r.Viewer.Wrong)
	}
	if w := s.witness; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n += w.wrong; w.checked == 0 {
			return nil
		}
	}
	if s.origin == nil && s.witness == nil {
		return nil
	}
	return &n
}
