package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// note is one message between this program and a process that plays a role, a
// line of JSON over its standard input and output.
type note struct {
	Kind string          `json:"kind"`
	Flow int             `json:"flow,omitempty"` // of a signal
	Data json.RawMessage `json:"data,omitempty"`
}

const (
	kindSignal = "signal" // for the other process of a pair
	kindError  = "error"
)

// pen writes notes. It may be used at once.
type pen struct {
	mu sync.Mutex
	to *json.Encoder
}

func newPen(w io.Writer) *pen { return &pen{to: json.NewEncoder(w)} }

func (p *pen) write(n note) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.to.Encode(n); err != nil {
		return fmt.Errorf("writing to a process: %w", err)
	}
	return nil
}

// tell writes a note with a value in it.
func (p *pen) tell(kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing a %s: %w", kind, err)
	}
	return p.write(note{Kind: kind, Data: data})
}

// read takes the value out of a note; nil takes none.
func (n note) read(kind string, into any) error {
	switch {
	case n.Kind == kindError:
		var text string
		if err := json.Unmarshal(n.Data, &text); err != nil {
			text = string(n.Data)
		}
		return errors.New(text)
	case n.Kind != kind:
		return fmt.Errorf("a process said %q in place of %q", n.Kind, kind)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(n.Data, into); err != nil {
		return fmt.Errorf("reading a %s: %w", kind, err)
	}
	return nil
}
