package signaling

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// What a server may not send: the connection ends and a new one is made.
func TestSocketEnds(t *testing.T) {
	t.Parallel()
	text := func(s string) func(*testing.T, *visit) {
		return func(t *testing.T, v *visit) { v.say(t, s) }
	}
	flood := func(kind int, s string) func(*testing.T, *visit) {
		return func(t *testing.T, v *visit) {
			for range 11 {
				if err := v.conn.WriteMessage(kind, []byte(s)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	tests := []struct {
		name  string
		send  func(*testing.T, *visit)
		cause string
	}{
		{"case 85: not UTF-8", text("{\"action\":\"parents\",\"x\":\"\xff\"}"), "not UTF-8"},
		{"too long", func(_ *testing.T, v *visit) {
			// The client may hang up before it has all of it.
			_ = v.conn.WriteMessage(websocket.TextMessage, make([]byte, MaxMessage+1))
		}, "read limit exceeded"},
		{"garbage flood", flood(websocket.TextMessage, "{"), "too many unreadable messages"},
		{"binary flood", flood(websocket.BinaryMessage, "x"), "too many unreadable messages: binary frame"},
		{"close frame", func(t *testing.T, v *visit) {
			text := websocket.FormatCloseMessage(websocket.CloseGoingAway, "bye")
			if err := v.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second)); err != nil {
				t.Error(err)
			}
		}, "close 1001 (going away): bye"},
		{"no WebSocket frame", func(t *testing.T, v *visit) {
			if _, err := v.conn.NetConn().Write([]byte{0xff, 0xff}); err != nil {
				t.Error(err)
			}
		}, "reading: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "scheduler", "relay")
				s := start(t, testConfig(w))
				scheduler, _ := join(t, s, w, "A")
				tt.send(t, scheduler)
				if err := expect[Offline](t, s).Cause; !strings.Contains(err.Error(), tt.cause) {
					t.Errorf("offline because of %v, want %q", err, tt.cause)
				}
				_, relay := join(t, s, w, "B")
				tt.send(t, relay)
				if err := expect[RelayDown](t, s).Cause; !strings.Contains(err.Error(), tt.cause) {
					t.Errorf("relay down because of %v, want %q", err, tt.cause)
				}
			})
		})
	}
}

func TestSocketToleratesSlowGarbage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		c := testConfig(w)
		var unreadable atomic.Int64
		c.Unreadable = func() { unreadable.Add(1) }
		s := start(t, c)
		scheduler, _ := join(t, s, w, "A")
		for range 50 {
			scheduler.say(t, `{"action":7}`)
			quiet(t, s, 7*time.Second)
		}
		for range 100 { // unknown is not unreadable
			scheduler.say(t, `{"action":"dance"}`)
		}
		quiet(t, s, time.Second)
		if n := unreadable.Load(); n != 50 {
			t.Errorf("%d messages count as unreadable, want 50", n)
		}
	})
}

// A dead connection is noticed, a quiet one is kept.
func TestSocketSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, relay := join(t, s, w, "A")
		quiet(t, s, time.Hour)
		relay.mute.Store(true)
		since := time.Now()
		if err := expect[RelayDown](t, s).Cause; !errors.Is(err, errSilent) {
			t.Errorf("relay down because of %v", err)
		}
		if took := time.Since(since); took > 61*time.Second {
			t.Errorf("noticed after %v", took)
		}
		expect[RelayUp](t, s)
		scheduler.mute.Store(true)
		if err := expect[Offline](t, s).Cause; !errors.Is(err, errSilent) {
			t.Errorf("offline because of %v", err)
		}
	})
}

func TestSocketAnswersPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler", "relay")
		s := start(t, testConfig(w))
		scheduler, _ := join(t, s, w, "A")
		if err := scheduler.conn.WriteControl(websocket.PingMessage, []byte("hello"), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if data := <-scheduler.pongs; data != "hello" {
			t.Errorf("pong %q", data)
		}
	})
}

// A server that never reads: the outbox fills up and the connection ends.
func TestSocketOverflow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler")
		w.host("scheduler").deaf = true
		c := testConfig(w)
		c.Signalers = nil
		s := start(t, c)
		w.host("scheduler").next(t).say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
		expect[RelayUp](t, s)
		sent := 0
		for s.Send(GetParents{}) == nil {
			sent++
		}
		if sent < outboxSize-1 || sent > outboxSize+1 {
			t.Errorf("%d messages accepted", sent)
		}
		if err := expect[Offline](t, s).Cause; !errors.Is(err, errTooSlow) {
			t.Errorf("offline because of %v", err)
		}
		w.host("scheduler").next(t)
	})
}

// A server that never reads and to which we have nothing to say but pings.
func TestSocketStuckWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler")
		w.host("scheduler").deaf = true
		c := testConfig(w)
		c.Signalers = nil
		s := start(t, c)
		w.host("scheduler").next(t).say(t, `{"action":"accept","peer_id":"A"}`)
		expect[Accepted](t, s)
		expect[RelayUp](t, s)
		since := time.Now()
		expect[Offline](t, s)
		if took := time.Since(since); took > 61*time.Second {
			t.Errorf("noticed after %v", took)
		}
	})
}

// The limit holds for what a frame unpacks to, even if we never offered
// compression.
func TestSocketDecompressionBomb(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "scheduler")
		w.host("scheduler").answer(serveBomb)
		c := testConfig(w)
		c.Signalers = nil
		s := start(t, c)
		if err := expect[Offline](t, s).Cause; !errors.Is(err, websocket.ErrReadLimit) {
			t.Errorf("offline because of %v", err)
		}
	})
}

// serveBomb opens a WebSocket by hand and sends one compressed frame.
func serveBomb(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	proof := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(proof[:])+"\r\n\r\n")

	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return
	}
	_, _ = z.Write(make([]byte, 16*MaxMessage))
	_ = z.Flush()
	payload := bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})
	const finalCompressedText = 0x80 | 0x40 | websocket.TextMessage
	frame := binary.BigEndian.AppendUint16([]byte{finalCompressedText, 126}, uint16(len(payload)))
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		_, _ = conn.Write(append(frame, payload...))
	}()
	_, _ = io.Copy(io.Discard, conn) // until the client hangs up
	<-wrote
}
