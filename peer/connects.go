package peer

import (
	"errors"
	"time"

	"hlspeer/datachannel"
	"hlspeer/peer/mesh"
)

var errUnreached = errors.New("the tracker does not reach the peer, or it refuses")

// ConnectStatus is how the links of a track came about, since it began.
type ConnectStatus struct {
	Begun  int `json:"begun"`  // by either side
	Opened int `json:"opened"` //
	Failed int `json:"failed"` // never opened, though both or one side wanted
	// NoWay of these found no pair of addresses over which packets pass, or had none
	// open in time: usually NATs or firewalls.
	NoWay int `json:"no_way"`
	// LastFailure is why the newest of them failed, "" for none; LastFailed is when.
	LastFailure string     `json:"last_failure,omitempty"`
	LastFailed  *time.Time `json:"last_failed"`
}

// unopened notes, in the loop, the end of a link that never opened. why is the
// brain's reason, where it was the brain that ended it.
func (s *ConnectStatus) unopened(cause error, why mesh.Reason) {
	noWay := errors.Is(cause, datachannel.ErrTimeout) || errors.Is(cause, datachannel.ErrFailed)
	switch {
	case errors.Is(cause, errDropped) && why == mesh.TimedOut:
		noWay, cause = true, datachannel.ErrTimeout
	case errors.Is(cause, errDropped) && why == mesh.LinkLost:
		cause = errUnreached
	case errors.Is(cause, errDropped), errors.Is(cause, errReplaced), errors.Is(cause, errStopping), !noWay && datachannel.Deliberate(cause):
		return // nobody wanted it any more
	}
	s.Failed++
	if noWay {
		s.NoWay++
	}
	now := time.Now()
	s.LastFailure, s.LastFailed = causeText(cause), &now
}
