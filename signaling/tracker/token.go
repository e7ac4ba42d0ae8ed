package tracker

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	// MinSecret is how many bytes of a secret nobody guesses; it is not sent.
	MinSecret = 16

	tokenVersion = "v1"
	anyChannel   = "*"
	maxToken     = 256 // bytes; no longer one is made
)

var (
	errKey          = errors.New(reasonKey)
	errKeyExpired   = errors.New("the key has expired")
	errKeyElsewhere = errors.New("the key is for another channel")
)

// Token makes a key that a tracker with this secret accepts until it expires, for
// one channel, or for all where channel is "":
//
//	v1.1767225600.*.9f86d0…
//
// that is its form, the Unix time, the channel (SHA-1 of its identity, as in
// info_hash of protocol 5.1) and the HMAC-SHA-256 of all before, in hexadecimal
// digits. It holds for the renditions of a channel that peers have named with
// --channel, too.
func Token(secret, channel string, expires time.Time) string {
	scope := anyChannel
	if channel != "" {
		scope = hashOf(channelOf(channel))
	}
	signed := strings.Join([]string{tokenVersion, strconv.FormatInt(expires.Unix(), 10), scope}, ".")
	return signed + "." + hex.EncodeToString(seal(secret, signed))
}

// hashOf names a channel in keys and in info_hash.
func hashOf(channel string) string {
	sum := sha1.Sum([]byte(channel))
	return hex.EncodeToString(sum[:])
}

func seal(secret, signed string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(signed))
	return h.Sum(nil)
}

// A wish is a channel that a peer wants to enter, by whichever of these it says.
type wish struct{ channel, infoHash string }

// admits says whether a peer may come with a key: nil, or why not. How long that
// takes tells nothing of keys and secrets. A wish without anything in it is not
// looked at: the peer says later where it wants to go.
func (c Config) admits(key string, to wish, now time.Time) error {
	if len(c.Keys)+len(c.KeySecrets) == 0 {
		return nil
	}
	ok := 0
	for _, k := range c.Keys {
		ok |= subtle.ConstantTimeCompare([]byte(k), []byte(key))
	}
	if ok == 1 {
		return nil
	}
	return c.verify(key, to, now)
}

// verify looks at a key that [Token] has made. What it says counts only once it
// has proved genuine.
func (c Config) verify(key string, to wish, now time.Time) error {
	end := strings.LastIndexByte(key, '.')
	if len(key) > maxToken || end < 0 {
		return errKey
	}
	given, err := hex.DecodeString(key[end+1:])
	if err != nil {
		return errKey
	}
	genuine := false
	for _, secret := range c.KeySecrets {
		genuine = hmac.Equal(given, seal(secret, key[:end])) || genuine
	}
	parts := strings.Split(key[:end], ".")
	if !genuine || len(parts) != 3 || parts[0] != tokenVersion {
		return errKey
	}
	expires, err := strconv.ParseInt(parts[1], 10, 64)
	switch {
	case err != nil:
		return errKey
	case now.Unix() >= expires:
		return errKeyExpired
	case parts[2] != anyChannel && !to.within(parts[2]):
		return errKeyElsewhere
	}
	return nil
}

// within says whether a wish is for the channel of that hash, or one of its
// renditions. That an info_hash belongs to a rendition is known only by its name.
func (w wish) within(scope string) bool {
	if w == (wish{}) || w.infoHash == scope {
		return true
	}
	if w.infoHash != "" && w.infoHash != hashOf(w.channel) {
		return false
	}
	whole, _, _ := strings.Cut(w.channel, "#")
	return hashOf(w.channel) == scope || hashOf(whole) == scope
}
