package cache

// Openings returns how many sequence numbers are waited for.
func (r *Ring) Openings() int {
	r.budget.mu.Lock()
	defer r.budget.mu.Unlock()
	return len(r.openings)
}
