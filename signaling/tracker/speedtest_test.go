package tracker

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hlspeer/signaling"
)

// speedTest posts a body and returns the answer with its text.
func (s *testServer) speedTest(body io.Reader) (*http.Response, string) {
	s.t.Helper()
	answer, err := s.client.Post("http://"+s.addr+speedTestPath, "application/octet-stream", body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer, string(text)
}

// A trickle is a body of n bytes of which some come each second.
type trickle struct{ left, each int }

func (r *trickle) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second)
	n := min(r.each, r.left, len(p))
	r.left -= n
	return n, nil
}

func TestSpeedTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startPiped(t, nil)
		answer, text := s.speedTest(&trickle{left: 5 << 10, each: 1 << 10})
		var report speedReport
		if err := json.Unmarshal([]byte(text), &report); err != nil || answer.StatusCode != 200 {
			t.Fatalf("%d, %v: %s", answer.StatusCode, err, text)
		}
		if report.Bytes != 5<<10 || report.UplinkBW < 8000 || report.UplinkBW > 11_000 {
			t.Errorf("1 KiB/s counts as %+v", report)
		}
		if answer.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("headers %v", answer.Header)
		}
		began := time.Now()
		// The answer may come too late for a client that is still sending.
		answer, err := s.client.Post("http://"+s.addr+speedTestPath, "application/octet-stream", &trickle{left: 100 << 10, each: 1 << 10})
		if err == nil {
			answer.Body.Close()
		}
		if err == nil && answer.StatusCode != 408 || time.Since(began) > 11*time.Second {
			t.Errorf("a test without end: %v, %v after %v", answer, err, time.Since(began))
		}
		time.Sleep(2 * time.Second) // the client is still reading its trickle
		s.stop()
	})
}

func TestSpeedTestLimits(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.MaxPerAddress = 2 })
	if answer, text := s.speedTest(bytes.NewReader(make([]byte, 1<<20))); answer.StatusCode != 200 || !strings.Contains(text, `"bytes":1048576`) {
		t.Errorf("1 MiB: %d %s", answer.StatusCode, text)
	}
	if answer, _ := s.speedTest(io.LimitReader(zeros{}, maxSpeedTest+1)); answer.StatusCode != 413 {
		t.Errorf("too much: %d", answer.StatusCode)
	}
	if status, _, _ := s.get(speedTestPath); status != 405 {
		t.Errorf("GET: %d", status)
	}
	s.join(testRoomName, 1)
	s.dial("/signal", nil)
	if answer, _ := s.speedTest(strings.NewReader("x")); answer.StatusCode != 429 {
		t.Errorf("too many connections: %d", answer.StatusCode)
	}
	for range maxSpeedTests {
		s.server.testing <- struct{}{}
	}
	if answer, _ := s.speedTest(strings.NewReader("x")); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("too many tests: %d", answer.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestSpeedTestOffer: accept names the address by which the peer has come, and
// none when there is no test.
func TestSpeedTestOffer(t *testing.T) {
	t.Parallel()
	for on, want := range map[bool]string{true: "http://tracker.example:7070/speed_test", false: ""} {
		s := start(t, func(c *Config) { c.SpeedTest = on })
		c := s.dial(schedulerPath(testRoomName), http.Header{"Host": {"tracker.example:7070"}})
		c.send(signaling.Enter{})
		m, _ := c.receive().(signaling.Accept)
		if on {
			want += "?peer_id=" + string(m.PeerID)
		}
		if m.SpeedTest != want {
			t.Errorf("enabled %v: offered %q", on, m.SpeedTest)
		}
		if answer, _ := s.speedTest(strings.NewReader("x")); (answer.StatusCode == 200) != on {
			t.Errorf("enabled %v: answered %d", on, answer.StatusCode)
		}
	}
	s, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.speedTestURL(httptest.NewRequest(http.MethodGet, "https://tracker.example/ws", nil)); got != "https://tracker.example/speed_test" {
		t.Errorf("over TLS: %q", got)
	}
}

// TestSpeedTestProves: a peer that claims much is believed what it has been seen
// to send, and no more for a test that is too short or somebody else's.
func TestSpeedTestProves(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c, id := s.join(testRoomName, 1e9)
	c.send(signaling.GetParents{})
	c.receive()
	slots := func() int { return s.channels()[testRoomName].Nodes[0].Slots }
	post := func(path string, n int) {
		t.Helper()
		answer, err := s.client.Post("http://"+s.addr+path, "application/octet-stream", bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	before := slots()
	post(speedTestPath+"?peer_id="+string(id), leastProof-1)
	post(speedTestPath+"?peer_id=somebody", 1<<20)
	post(speedTestPath, 1<<20)
	if got := slots(); got != before || got >= maxSlots {
		t.Errorf("%d slots, before %d", got, before)
	}
	post(speedTestPath+"?peer_id="+string(id), 1<<20)
	if got := slots(); got <= before {
		t.Errorf("%d slots after the test, %d before", got, before)
	}
}
