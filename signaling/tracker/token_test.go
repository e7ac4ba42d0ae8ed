package tracker

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

const (
	testSecret  = "a secret of thirty-two characters"
	otherSecret = "another one of as many characters"
)

// TestTokens: what a key that expires is good for, and what it is not.
func TestTokens(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	later := now.Add(time.Hour)
	c := Config{KeySecrets: []string{testSecret, otherSecret}, Keys: []string{"static"}}
	one := wish{channel: "http://h/one.m3u8"}
	all, mine := Token(testSecret, "", later), Token(testSecret, one.channel, later)
	if want := "v1.1800003600.*."; !strings.HasPrefix(all, want) || len(all) != len(want)+64 || len(mine) > maxToken {
		t.Errorf("a key is %s", all)
	}
	with := func(i int, part string) string {
		parts := strings.Split(mine, ".")
		parts[i] = part
		return strings.Join(parts, ".")
	}
	signed := func(text string) string { // a secret in the wrong hands
		return text + "." + hex.EncodeToString(seal(testSecret, text))
	}
	for name, tt := range map[string]struct {
		key  string
		to   wish
		want error
	}{
		"for all":                      {all, one, nil},
		"for all, elsewhere":           {all, wish{channel: "x", infoHash: "y"}, nil},
		"for all, by the older secret": {Token(otherSecret, "", later), one, nil},
		"static":                       {"static", one, nil},
		"for this":                     {mine, one, nil},
		"for this, with a query":       {Token(testSecret, one.channel+"?token=x", later), one, nil},
		"for this, not yet known":      {mine, wish{}, nil},
		"for a rendition":              {mine, wish{channel: one.channel + "#low.m3u8"}, nil},
		"for this swarm":               {mine, wish{infoHash: hashOf(one.channel)}, nil},
		"for this swarm, by name":      {mine, wish{one.channel, hashOf(one.channel)}, nil},
		"for a rendition's swarm":      {mine, wish{one.channel + "#low", hashOf(one.channel + "#low")}, nil},
		"for another":                  {mine, wish{channel: "http://h/two.m3u8"}, errKeyElsewhere},
		"for a longer name":            {mine, wish{channel: one.channel + "x"}, errKeyElsewhere},
		"for another swarm":            {mine, wish{infoHash: hashOf("x")}, errKeyElsewhere},
		"a swarm under a false name":   {mine, wish{one.channel, hashOf("x")}, errKeyElsewhere},
		"in its last second":           {Token(testSecret, "", now.Add(time.Second)), one, nil},
		"expired":                      {Token(testSecret, "", now), one, errKeyExpired},
		"expired long ago":             {Token(testSecret, "", time.Unix(0, 0)), one, errKeyExpired},
		"expired, elsewhere":           {Token(testSecret, "x", now), one, errKeyExpired},
		"of another secret":            {Token("a third one with enough characters", "", later), one, errKey},
		"made to last":                 {with(1, "9999999999"), one, errKey},
		"made wider":                   {with(2, "*"), one, errKey},
		"of another version":           {with(0, "v2"), one, errKey},
		"without a seal":               {with(3, ""), one, errKey},
		"with half a seal":             {mine[:len(mine)-32], one, errKey},
		"with more than a seal":        {mine + "00", one, errKey},
		"no hexadecimal digits":        {with(3, strings.Repeat("z", 64)), one, errKey},
		"signed nonsense":              {signed("v1.x.*"), one, errKey},
		"signed with more parts":       {signed("v1.1.*.*"), one, errKey},
		"empty":                        {"", one, errKey},
		"dots":                         {"...", one, errKey},
		"endless":                      {strings.Repeat("v1.", 10_000), one, errKey},
		"the secret itself":            {testSecret, one, errKey},
	} {
		if got := c.admits(tt.key, tt.to, now); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if err := (Config{}).admits("whatever", one, now); err != nil {
		t.Errorf("a tracker for everybody: %v", err)
	}
}

// TestTokensOnTheWire: each way in asks for the key, and says what is wrong with it.
func TestTokensOnTheWire(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config) { c.KeySecrets = []string{testSecret} })
	later := time.Now().Add(time.Hour)
	good, expired := Token(testSecret, testRoomName, later), Token(testSecret, "", time.Now().Add(-time.Second))
	elsewhere := Token(testSecret, "http://h/other.m3u8", later)
	path := func(key, room string) string { return "/ws?key=" + key + "&room=" + url.QueryEscape(room) }
	rejected := func(what string, c *testSocket, want error) {
		t.Helper()
		if m, ok := c.receive().(signaling.Reject); !ok || m.Reason != want.Error() {
			t.Errorf("%s: %+v, want a rejection: %v", what, m, want)
		}
		if code := c.closed(); code != endKey.code {
			t.Errorf("%s: closed with %d", what, code)
		}
	}
	rejected("no key", s.dial(path("", testRoomName), nil), errKey)
	rejected("expired", s.dial(path(expired, testRoomName), nil), errKeyExpired)
	rejected("elsewhere", s.dial(path(elsewhere, testRoomName), nil), errKeyElsewhere)
	late := s.dial(path(elsewhere, ""), nil)
	late.send(signaling.Enter{Channel: testRoomName})
	rejected("elsewhere, said in enter", late, errKeyElsewhere)
	for _, room := range []string{testRoomName, ""} {
		c := s.dial(path(good, room), nil)
		c.send(signaling.Enter{Channel: testRoomName})
		if _, ok := c.receive().(signaling.Accept); !ok {
			t.Errorf("room %q in the address: not accepted", room)
		}
	}
	for key, want := range map[string]int{good: 200, expired: 403, elsewhere: 403, "": 403} {
		status, _, _ := s.ask(http.MethodGet, "/announce?key="+key+"&info_hash="+hashOf(testRoomName), "", "")
		if status != want {
			t.Errorf("announce with %.20q: %d, want %d", key, status, want)
		}
	}
	if _, text, _ := s.get("/metrics"); !strings.Contains(text, `hlspeer_tracker_ignored_total{reason="key"} 7`) {
		t.Error("who was rejected is not counted")
	}
	c := DefaultConfig()
	c.KeySecrets = []string{"short"}
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), `"short"`) {
		t.Errorf("a short secret: %v", err)
	}
}
