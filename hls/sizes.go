package hls

import "sync"

// sizes keeps how long the files are that segments are byte ranges of: players
// are told it with each part. The zero value is empty. Safe for concurrent use.
type sizes struct {
	mu    sync.Mutex
	known map[string]int64 // bytes, by full URL
}

// maxSizes bounds them. A size that had to go is told by the next answer.
const maxSizes = 1024

// put notes a size; below 0 it is not known.
func (s *sizes) put(url string, size int64) {
	if size < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxSizes {
		s.known = map[string]int64{}
	}
	s.known[url] = size
}

// get is the size of a file, -1 while unknown.
func (s *sizes) get(url string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size, ok := s.known[url]; ok {
		return size
	}
	return -1
}
