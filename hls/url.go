package hls

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Redact is the URL for logs and errors: scheme, host and path, without user,
// query and fragment. It is "" for nil.
func Redact(u *url.URL) string {
	if u == nil {
		return ""
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return bare.String()
}

// TrackID names a track of a channel in the paths of the proxy: "" for the
// channel's own URL, else a short hash. It needs no escaping in a path.
type TrackID string

// RenditionID is the id of a rendition: a hash of its URL without the query, so
// that a changing token does not make another track of it. Within one master
// playlist use [Rendition.ID], which also tells apart renditions that differ in
// nothing but the query.
func RenditionID(u *url.URL) TrackID { return TrackID(ShortHash(Redact(u))) }

// ShortHash is 64 bits of SHA-256 in hex: path-safe, and collisions do not
// happen by accident.
func ShortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

var errNoBase = errors.New("no base URL")

// resolve makes an absolute URL of a playlist's URI. It takes what players
// take: stray percent signs, and colons in the first part of a relative path.
func resolve(base *url.URL, raw string) (*url.URL, error) {
	if base == nil {
		return nil, errNoBase
	}
	u, err := url.Parse(raw)
	if err != nil {
		u, err = url.Parse(repair(raw))
	}
	if err != nil {
		return nil, fmt.Errorf("bad URI %q", scrub(raw))
	}
	return base.ResolveReference(u), nil
}

// repair makes a URL of what url.Parse refuses and players accept.
func repair(raw string) string {
	var b strings.Builder
	if head, _, _ := strings.Cut(raw, "/"); strings.Contains(head, ":") && !strings.Contains(raw, "://") {
		b.WriteString("./")
	}
	for i := range len(raw) {
		b.WriteByte(raw[i])
		if raw[i] == '%' && (i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// fetchable says whether a source can be asked for u.
func fetchable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// inText takes from a URL what has a meaning in a playlist.
var inText = strings.NewReplacer(`"`, "%22", "{$", "%7B$")

// absolute is what stands in a text for a reference that players follow past
// the proxy.
func absolute(r Ref) string {
	if u, err := url.Parse(r.Raw); err == nil && u.IsAbs() && !strings.Contains(r.Raw, "{$") {
		return r.Raw
	}
	return inText.Replace(r.URL.String())
}

// extension is the lower-case file extension of u's path with its dot, or "".
func extension(u *url.URL) string { return strings.ToLower(path.Ext(u.Path)) }

const maxBaseName = 128 // bytes; a longer file name gives way to the fallback

// baseName is the escaped last part of u's path. Where there is none that can
// be used it is fallback, and the extension of u if it has one.
func baseName(u *url.URL, fallback string) string {
	escaped := u.EscapedPath()
	base := escaped[strings.LastIndexByte(escaped, '/')+1:]
	switch {
	case base == "" || base == "." || base == "..":
		return fallback
	case len(base) > maxBaseName:
		if ext := path.Ext(base); ext != "" && len(ext) <= 8 && !strings.Contains(ext, "%") {
			return strings.TrimSuffix(fallback, path.Ext(fallback)) + ext
		}
		return fallback
	}
	return base
}
