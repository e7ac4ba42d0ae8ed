package tracker

import (
	"testing"
	"time"
)

// FuzzToken: no text is a key but what the secret has signed, and that is one
// whatever the channel is called.
func FuzzToken(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	c := Config{KeySecrets: []string{testSecret}}
	f.Add(Token(otherSecret, "", now.Add(time.Hour)), "http://h/a.m3u8", int64(1))
	f.Add("v1.1.*.", "a#b#c?d", int64(-1))
	f.Add("....", "*", int64(0))
	f.Fuzz(func(t *testing.T, key, channel string, left int64) {
		if len(key) < 64 && c.admits(key, wish{channel: channel}, now) == nil {
			t.Errorf("%q is a key", key)
		}
		left %= 1 << 30
		mine := Token(testSecret, channel, now.Add(time.Duration(left)*time.Second))
		want := error(nil)
		if left <= 0 {
			want = errKeyExpired
		}
		if got := c.admits(mine, wish{channel: channelOf(channel)}, now); got != want {
			t.Errorf("%q for %q: %v, want %v", mine, channel, got, want)
		}
		if c.admits(mine+key, wish{}, now) == nil && key != "" {
			t.Errorf("%q behind it makes no difference", key)
		}
	})
}
