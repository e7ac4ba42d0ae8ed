package hls

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
)

const (
	topTrack     = "_" // the track "" in paths
	filePart     = "f" // stands before the token of a file that has segments in it
	resourcePart = "r" // stands before the token of other resources
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
	home  []string // of the channel; nil: not known

	mu            sync.Mutex
	from          *Playlist // what text was made of
	former        *Playlist // what the text before was made of
	text          resource
	named, before map[string]named // by token
}

// named is a resource that a text named.
type named struct {
	kind RefKind
	url  *url.URL
}

// token stands for the resource in paths.
func (n named) token() string { return ShortHash(string(n.kind) + " " + n.url.String()) }

// homely is a player's request with the home of the channel, for what the source
// is asked on its behalf.
func (v *view) homely(r *http.Request) *http.Request {
	if v.home == nil {
		return r
	}
	return r.WithContext(FromHome(r.Context(), v.home))
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
		switch r.Kind {
		case RefSegment:
			return v.down() + v.segmentPath(p.Media.segment(r.SN))
		case RefPlaylist:
			return v.playlistPath(r, ids)
		case RefAsset:
			return absolute(r)
		default:
			return v.down() + resourcePart + "/" + v.name(r.Kind, r.URL) + "/" + resourceName(r)
		}
	})
	sum := sha256.Sum256(text)
	v.from, v.former = p, v.from
	v.text = resource{
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

// playlistPath is what stands in the text for another playlist. ids are the
// renditions of the text, if it is a master playlist.
func (v *view) playlistPath(r Ref, ids map[*url.URL]TrackID) string {
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

// segmentPath is the end of a segment's path: its number and its file name. The
// byte ranges of one file must have one path, because the text may say no more
// of them than that one follows the other, and players count their bytes from
// the beginning of the file.
func (v *view) segmentPath(s *Segment) string {
	name := mediaName(s.URL, "segment.ts")
	if s.Map != nil {
		name = mediaName(s.URL, "segment.m4s")
	}
	if s.Range != nil || s.Fault != nil {
		return filePart + "/" + v.name(RefSegment, s.URL) + "/" + name
	}
	return strconv.FormatInt(int64(s.SN), 10) + "/" + name
}

// mediaName is the file name of media, or fallback where there is none. Players
// refuse one without an extension.
func mediaName(u *url.URL, fallback string) string {
	base := baseName(u, fallback)
	if path.Ext(base) == "" {
		base += path.Ext(fallback)
	}
	return base
}

// resourceName is the file name of what is neither a segment nor a playlist.
func resourceName(r Ref) string {
	if r.Kind == RefMap {
		return mediaName(r.URL, "init.mp4")
	}
	return baseName(r.URL, "resource")
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
func (v *view) name(kind RefKind, u *url.URL) (token string) {
	n := named{kind, u}
	token = n.token()
	v.keep(token, n)
	return token
}

func (v *view) keep(token string, n named) {
	if _, ok := v.named[token]; ok {
		return
	}
	if v.named == nil || len(v.named) >= maxNamed {
		v.named, v.before = map[string]named{}, v.named
	}
	v.named[token] = n
}

// lookup is the resource of a token.
func (v *view) lookup(token string) (named, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if n, ok := v.named[token]; ok {
		return n, true
	}
	n, ok := v.before[token]
	if ok {
		v.keep(token, n)
	}
	return n, ok
}

// listed is the segment that the text in players' hands lists as sn.
func (v *view) listed(sn SN) (*Segment, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range []*Playlist{v.from, v.former} {
		if p == nil {
			continue
		}
		if s := p.Media.segment(sn); s != nil {
			return s, true
		}
	}
	return nil, false
}

// part is the segment that the bytes want of the file u lie in. One of the text
// before counts as long as its number means nothing else by now.
func (v *view) part(u *url.URL, want span) (*Segment, bool) {
	v.mu.Lock()
	from, former := v.from, v.former
	v.mu.Unlock()
	file := u.String()
	for _, p := range []*Playlist{from, former} {
		if p == nil || p.Media == nil {
			continue
		}
		for i := range p.Media.Segments {
			s := &p.Media.Segments[i]
			if s.Range == nil || want.first < s.Range.Offset || want.last < want.first || want.last >= s.Range.end() || s.URL.String() != file {
				continue
			}
			if now := from.Media.segment(s.SN); now == nil || now.is(s) {
				return s, true
			}
		}
	}
	return nil, false
}
