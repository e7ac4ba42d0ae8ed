package lab

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hlspeer/peer"
)

// fullMaster has the peers play /full.m3u8, and their viewers its first variant.
func fullMaster(_ int, c *peer.Config) {
	c.Channels[0].URL = strings.Replace(c.Channels[0].URL, "/low/live.m3u8", "/full.m3u8", 1)
}

// paths counts what a source is asked for.
type paths struct {
	mu sync.Mutex
	n  map[string]int
}

func (p *paths) asked(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == nil {
		p.n = map[string]int{}
	}
	p.n[r.URL.Path]++
	return Fault{}
}

// below counts the requests for playlists and for others in a folder.
func (p *paths) below(folder string) (playlists, others int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for path, n := range p.n {
		switch {
		case !strings.HasPrefix(path, "/"+folder+"/"):
		case strings.HasSuffix(path, ".m3u8"):
			playlists += n
		default:
			others += n
		}
	}
	return playlists, others
}

// opened are the playlists that the master playlist of peer 1 names, by the
// folder at the source.
func (st *stage) opened() map[string]string {
	st.t.Helper()
	_, text := st.get(st.members[0].agent.PlayPaths()[0])
	// In the order of the text: tags with a URI are read like lines here.
	var all []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if _, uri, ok := strings.Cut(line, `URI="`); ok {
			all = append(all, strings.TrimSuffix(uri, `"`))
		} else if line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	order := []string{RenditionLow, RenditionHigh, RenditionAudio, RenditionText, RenditionFrames}
	if len(all) != len(order) {
		st.t.Fatalf("%d playlists in\n%s", len(all), text)
	}
	out := map[string]string{}
	for i, folder := range order {
		out[folder] = "/full/" + all[i]
	}
	return out
}

// TestOpenAll: a player opens every rendition at the start and looks into each,
// then plays one. The others cost what it asked for, and nothing after that.
func TestOpenAll(t *testing.T) {
	t.Parallel()
	source := &paths{}
	c := SwarmConfig{
		Peers: 1, rendition: RenditionLow, adjust: fullMaster,
		Origin: OriginConfig{Faults: source.asked},
	}
	play(t, c, func(st *stage) {
		st.mixed = true
		time.Sleep(500 * time.Millisecond)
		for _, path := range st.opened() {
			for range 3 { // as some do
				_, text := st.get(path)
				list, err := readPlaylist(text, playlistBase)
				if err != nil {
					t.Fatal(err)
				}
				e := list.entries[len(list.entries)-3]
				e.url = "http://" + st.members[0].proxy.Addr().String() + path[:strings.LastIndex(path, "/")+1] + strings.TrimPrefix(e.url, "http://h/x/")
				if _, err := (fetcher{st.members[0].viewer.config.Client}).segment(st.t.Context(), e); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
		time.Sleep(40 * time.Second)
		st.unharmed()
		for _, folder := range []string{RenditionHigh, RenditionAudio, RenditionText, RenditionFrames} {
			if lists, others := source.below(folder); lists > 2 || others > 1 {
				t.Errorf("%s: %d playlists and %d others were asked for", folder, lists, others)
			}
		}
		if lists, others := source.below(RenditionLow); lists < 20 || others < 15 {
			t.Errorf("the one that plays: %d playlists and %d segments", lists, others)
		}
		for _, tr := range st.members[0].agent.Status().Channels[0].Tracks {
			if plays := strings.HasSuffix(tr.Room, "/low/live.m3u8"); plays != (tr.Tracker == "online") {
				t.Errorf("%s: tracker %s", tr.Room, tr.Tracker)
			}
		}
	})
}

// TestSoundTravels: sound is shared in a room of its own beside the pictures;
// subtitles and I-frames are served, and have no room.
func TestSoundTravels(t *testing.T) {
	t.Parallel()
	c := SwarmConfig{Peers: 3, rendition: RenditionLow, Uplinks: []int64{strong}, JoinEvery: time.Second, adjust: fullMaster}
	play(t, c, func(st *stage) {
		st.mixed = true
		time.Sleep(3 * time.Second)
		all := st.opened()
		var viewers sync.WaitGroup
		ctx, cancel := context.WithTimeout(st.t.Context(), 50*time.Second)
		defer cancel()
		for i, m := range st.members {
			for _, rendition := range []string{RenditionAudio, RenditionText, RenditionFrames} {
				viewers.Go(func() {
					v := NewViewer(ViewerConfig{
						URL: "http://" + m.proxy.Addr().String() + all[rendition], Client: m.viewer.config.Client, Check: st.checks(rendition),
					})
					_ = v.Run(ctx) // ends with ctx
					if r := v.Report(); r.Bad > 0 || r.Stalls > 0 || r.Lost > 0 || r.Segments < 20 {
						t.Errorf("the viewer of %s at peer %d saw %+v", rendition, i+1, r)
					}
				})
			}
		}
		time.Sleep(45 * time.Second)
		fed := map[string]int{}
		for _, m := range st.members {
			for _, tr := range m.agent.Status().Channels[0].Tracks {
				folder := strings.Split(tr.Room, "/")[3]
				private := folder == RenditionText || folder == RenditionFrames
				if private != (tr.Tracker == "off") || private != (tr.Engine == peer.EngineNone) {
					t.Errorf("%s: tracker %s, engine %s", tr.Room, tr.Tracker, tr.Engine)
				}
				if tr.Counts.P2P > tr.Counts.HTTP {
					fed[folder]++
				}
			}
		}
		viewers.Wait()
		if want := map[string]int{RenditionLow: 2, RenditionAudio: 2}; fmt.Sprint(fed) != fmt.Sprint(want) {
			t.Errorf("fed by others are %v, want %v", fed, want)
		}
		st.unharmed()
	})
}
