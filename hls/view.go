package hls

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
)

const (
	topTrack     = "_" // the track "" in paths
	resourcePart = "r" // stands before the token of other resources
	offsetMark   = "@" // stands before the offset of a byte range
	defaultBase  = "index.m3u8"
	// maxNamed bounds what is kept of the resources that a track's playlists
	// named: the newest of them, between this number and twice it.
	maxNamed = 16 << 10
)

// view is a track as players see it: the newest rewritten text, and which other
// resources its texts named lately. A token is looked up here and nowhere else,
// so nothing is fetched that the source did not name. Safe for concurrent use.
type view struct {
	track TrackID

	mu            sync.Mutex
	from          *Playlist // what text was made of
	text          resource
	named, before map[string]*url.URL // by token
}

// render is the text for players. It is made once for each playlist.
func (v *view) render(p *Playlist) resource {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.from == p {
		return v.text
	}
	ids := map[*url.URL]TrackID{}
	if p.Master != nil {
		for _, r := range p.Master.Renditions {
			ids[r.URL] = r.ID
		}
	}
	text := p.Rewrite(func(r Ref) string {
		if r.Kind == RefSegment {
			return v.down() + segmentPath(p.Media.Segments[r.SN-p.Media.Sequence])
		}
		return v.reference(r, ids)
	})
	sum := sha256.Sum256(text)
	v.from, v.text = p, resource{
		kind: contentType(".m3u8"),
		etag: `"` + hex.EncodeToString(sum[:12]) + `"`,
		data: text,
	}
	return v.text
}

// down leads from the address of the text to what belongs to it. Relative
// references survive any proxy in front of this one.
func (v *view) down() string {
	if v.track == "" {
		return topTrack + "/"
	}
	return ""
}

// reference is what stands in the text for anything but a segment. ids are the
// renditions of the text, if it is a master playlist.
func (v *view) reference(r Ref, ids map[*url.URL]TrackID) string {
	if r.Kind != RefPlaylist {
		return v.down() + resourcePart + "/" + v.name(r.URL) + "/" + baseName(r.URL, "resource")
	}
	id, ok := ids[r.URL]
	if !ok {
		id = RenditionID(r.URL)
	}
	path := string(id) + "/" + playlistName(baseName(r.URL, defaultBase))
	if v.track != "" {
		path = "../" + path
	}
	return path
}

// segmentPath is the end of a segment's path: its number and its file name. Of
// a byte range it tells the offset too, because the text still does and players
// will ask for bytes counted from there.
func segmentPath(s Segment) string {
	id := strconv.FormatInt(int64(s.SN), 10)
	if s.Range != nil && s.Range.Offset > 0 {
		id += offsetMark + strconv.FormatInt(s.Range.Offset, 10)
	}
	return id + "/" + segmentName(s.URL)
}

// segmentName is the file name of a segment. Players refuse one without an
// extension.
func segmentName(u *url.URL) string {
	base := baseName(u, "segment.ts")
	if path.Ext(base) == "" {
		base += ".ts"
	}
	return base
}

// playlistName is base if players take it for a playlist.
func playlistName(base string) string {
	if isPlaylistName(base) {
		return base
	}
	return defaultBase
}

func isPlaylistName(base string) bool {
	base = strings.ToLower(base)
	return strings.HasSuffix(base, ".m3u8") || strings.HasSuffix(base, ".m3u")
}

// name makes the token of a resource and keeps it. The caller holds v.mu.
func (v *view) name(u *url.URL) (token string) {
	token = shortHash(u.String())
	v.keep(token, u)
	return token
}

func (v *view) keep(token string, u *url.URL) {
	if _, ok := v.named[token]; ok {
		return
	}
	if v.named == nil || len(v.named) >= maxNamed {
		v.named, v.before = map[string]*url.URL{}, v.named
	}
	v.named[token] = u
}

// lookup is the resource of a token.
func (v *view) lookup(token string) (*url.URL, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if u, ok := v.named[token]; ok {
		return u, true
	}
	u, ok := v.before[token]
	if ok {
		v.keep(token, u)
	}
	return u, ok
}
