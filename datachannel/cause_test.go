package datachannel

import (
	"fmt"
	"io"
	"testing"

	"github.com/pion/sctp"
)

func TestDeliberate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cause error
		want  bool
	}{
		{ErrClosedByPeer, true},
		{ErrClosed, true},
		{errTest, true},
		{ErrTimeout, false},
		{fmt.Errorf("%w: reading", ErrFailed), false},
		{ErrRemoteError, false},
		{ErrMisbehaved, false},
		{ErrStalled, false},
		{endOfChannel(io.EOF), true},
		{endOfChannel(fmt.Errorf("%w: bye", sctp.ErrUserInitiatedAbort)), true},
		{endOfChannel(sctp.ErrChunk), false},
	} {
		if got := Deliberate(c.cause); got != c.want {
			t.Errorf("%v: got %v", c.cause, got)
		}
	}
}
