package hls

import "sync"

// recent keeps the values that were used last, up to a number of them. Safe for
// concurrent use.
type recent[V any] struct {
	max int

	mu     sync.Mutex
	clock  uint64
	values map[string]aged[V]
}

// aged is a value and when it was used.
type aged[V any] struct {
	value V
	used  uint64
}

func newRecent[V any](limit int) *recent[V] {
	return &recent[V]{max: limit, values: map[string]aged[V]{}}
}

func (r *recent[V]) get(key string) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.values[key]
	if ok {
		r.clock++
		r.values[key] = aged[V]{a.value, r.clock}
	}
	return a.value, ok
}

// put keeps a value. Beyond the bound the one that was not used for longest
// goes.
func (r *recent[V]) put(key string, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.values[key]; !known && len(r.values) >= r.max {
		oldest := ""
		for k, a := range r.values {
			if oldest == "" || a.used < r.values[oldest].used {
				oldest = k
			}
		}
		delete(r.values, oldest)
	}
	r.clock++
	r.values[key] = aged[V]{value, r.clock}
}

func (r *recent[V]) drop(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.values, key)
}
