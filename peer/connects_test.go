package peer

import (
	"errors"
	"fmt"
	"testing"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

// TestUnopened: a link that nobody wanted any more has not failed; others have, and
// it is told whether it was for want of a way.
func TestUnopened(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cause         error
		why           mesh.Reason
		failed, noWay int
	}{
		{datachannel.ErrTimeout, "", 1, 1},
		{fmt.Errorf("%w: no way to the peer", datachannel.ErrFailed), "", 1, 1},
		{errDropped, mesh.TimedOut, 1, 1},
		{errDropped, mesh.LinkLost, 1, 0},
		{errDropped, mesh.Replaced, 0, 0},
		{errReplaced, "", 0, 0},
		{errStopping, "", 0, 0},
		{datachannel.ErrClosedByPeer, "", 0, 0},
		{datachannel.ErrMisbehaved, "", 1, 0},
		{errors.New("x"), "", 0, 0},
	} {
		var s ConnectStatus
		if s.unopened(tt.cause, tt.why); s.Failed != tt.failed || s.NoWay != tt.noWay || (s.LastFailed != nil) != (tt.failed > 0) {
			t.Errorf("%v, %q: %+v", tt.cause, tt.why, s)
		}
	}
}
