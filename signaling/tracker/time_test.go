package tracker

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// What takes time is tested in a bubble, which also fails when a goroutine is
// left over.

func TestEnterInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		for path, want := range map[string]int{
			schedulerPath(testRoomName): endNoEnter.code,
			"/signal":                   endNoID.code,
		} {
			began := time.Now()
			if code := s.dial(path, nil).closed(); code != want || time.Since(began) != enterTimeout {
				t.Errorf("%s: closed with %d after %v", path, code, time.Since(began))
			}
		}
		s.stop()
	})
}

// TestDeadSocket: who answers pings stays, who does not is gone within a
// minute, and its child hears of it.
func TestDeadSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		dead, idDead := s.join(testRoomName, 4e6)
		dead.send(signaling.GetParents{})
		dead.receive()
		alive, id := s.join(testRoomName, 4e6)
		alive.send(signaling.GetParents{})
		alive.receive()
		alive.send(signaling.DCOpened{DCID: signaling.NewDCID(id, idDead), Substreams: 4})
		began := time.Now()
		if got := nodes(t, alive.receive()); len(got) != 0 || time.Since(began) > 61*time.Second {
			t.Errorf("parents %v after %v", got, time.Since(began))
		}
		go func() {
			time.Sleep(4 * time.Minute)
			alive.send(signaling.TransitionRequest{})
		}()
		if _, ok := alive.receive().(signaling.TransitionReply); !ok { // reading answers the pings
			t.Error("not alive after four minutes")
		}
		s.stop()
	})
}

func TestEmptyRoomEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		rooms := func() int {
			synctest.Wait()
			_, n := s.server.hub.size()
			return n
		}
		a, _ := s.join(testRoomName, 4e6)
		a.send(signaling.Leave{})
		a.closed()
		time.Sleep(emptyTime - time.Second)
		b, _ := s.join(testRoomName, 4e6)
		b.send(signaling.Leave{})
		b.closed()
		time.Sleep(emptyTime - time.Second)
		if n := rooms(); n != 1 {
			t.Errorf("%d rooms soon after the last peer", n)
		}
		time.Sleep(2 * time.Second)
		if n := rooms(); n != 0 {
			t.Errorf("%d rooms a minute after the last peer", n)
		}
		s.join(testRoomName, 4e6)
		s.stop()
	})
}

// TestSlowSocket: one that reads nothing is closed when its outbox is full, and
// disturbs nobody.
func TestSlowSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		_, idA := s.join(testRoomName, 4e6)
		_, idB := s.join(testRoomName, 4e6)
		s.relay(idA)
		b := s.relay(idB)
		began := time.Now()
		for i := range outboxSize + 10 {
			b.signal(idA, fmt.Sprintf(`{"n":%d}`, i))
		}
		if m, _ := b.receive().(signaling.Signal); m.From != idA || m.Data != nil {
			t.Errorf("not told that the peer is out of reach: %+v", m)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("held up for %v", took)
		}
		s.stop()
	})
}

// TestPace: who sends without end is read slowly.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		a, _ := s.join(testRoomName, 4e6)
		began := time.Now()
		for range peerPace.burst + 10*50 {
			a.send(signaling.UplinkBW{Value: 1})
		}
		if took := time.Since(began); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("took %v", took)
		}
		s.stop()
	})
}

// TestShutdown: Run closes every socket with 1001, and no goroutine is left.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		var sockets []*testSocket
		for i := range 5 {
			c, id := s.join(fmt.Sprint("room ", i%2), 4e6)
			sockets = append(sockets, c, s.relay(id))
		}
		codes := make(chan int, len(sockets))
		for _, c := range sockets {
			go func() { codes <- c.closed() }()
		}
		began := time.Now()
		s.stop()
		for range sockets {
			if code := <-codes; code != endAway.code {
				t.Errorf("closed with %d", code)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
