package tracker

import (
	"sync"

	"hlspeer/signaling"
)

// A shared message goes to many sockets and is put into text once, by whoever
// writes it first.
type shared struct {
	signaling.Message
	once sync.Once
	text []byte
}

func share(m signaling.Message) *shared { return &shared{Message: m} }

// encoded returns the text, which must not be changed.
func (s *shared) encoded() []byte {
	s.once.Do(func() { s.text = signaling.Append(nil, s.Message) })
	return s.text
}
