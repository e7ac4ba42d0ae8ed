package peer

import (
	"net/url"
	"strings"
	"testing"

	"hlspeer/hls"
)

// TestRoomsTellNothing: what a channel and its renditions are called at the tracker
// holds neither user nor query, and still tells renditions apart.
func TestRoomsTellNothing(t *testing.T) {
	t.Parallel()
	parse := func(raw string) *url.URL {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	const at = "http://user:geheim@host/a%20b/"
	top := parse(at + "live.m3u8?token=geheim#geheim")
	if got, want := roomOf(top), "http://host/a%20b/live.m3u8"; got != want {
		t.Errorf("room %q, want %q", got, want)
	}
	taken := map[string]bool{}
	for _, id := range []string{roomOf(top), "named"} {
		for _, uri := range []string{"low.m3u8?v=geheim1", "low.m3u8?v=geheim2"} {
			c := &channel{id: id, url: top}
			named := hls.Rendition{ID: hls.TrackID(uri[len(uri)-1:]), URI: uri, URL: parse(at + uri)} // differ in the query alone
			room := c.roomOf(named)
			if strings.Contains(room, "geheim") || strings.Contains(room, "user") || taken[room] {
				t.Errorf("%s of channel %s: room %q", uri, id, room)
			}
			taken[room] = true
		}
	}
}
