package hls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// outside is the loopback address that stands for the rest of the world here.
const outside = "127.0.0.2"

// at is a server at an address of this machine.
func at(t *testing.T, host string, h http.HandlerFunc) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// farther is a source for which outside is what its name says.
func farther(t *testing.T, c OriginConfig) (o *Origin, refused *atomic.Int64) {
	t.Helper()
	refused = &atomic.Int64{}
	c.Refused = func() { refused.Add(1) }
	o = NewOrigin(c)
	t.Cleanup(o.Close)
	o.client.Transport.(*reach).realmOf = func(a netip.Addr) realm {
		if a == netip.MustParseAddr(outside) {
			return worldwide
		}
		return realmOf(a)
	}
	return o, refused
}

// inner is a service of this machine that outsiders have no business with.
func inner(t *testing.T) (base string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	return at(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, media("secret of the house"))
	}), asked
}

// TestInward: a source from outside leads here, by redirects and by names in its
// playlists. Nobody is asked here, and each try is counted. A source that is here
// itself may.
func TestInward(t *testing.T) {
	t.Parallel()
	victim, asked := inner(t)
	evil := at(t, outside, func(w http.ResponseWriter, r *http.Request) {
		if to, ok := strings.CutPrefix(r.URL.Path, "/to/"); ok {
			http.Redirect(w, r, victim+"/"+to, http.StatusFound)
			return
		}
		fmt.Fprint(w, media(`#EXT-X-KEY:METHOD=AES-128,URI="`+victim+`/key"`+"\n#EXTINF:2,\n"+victim+"/seg.ts"))
	})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(victim, "http://"))
	ways := map[string]func(context.Context, *Origin) error{
		"a redirect of the playlist": func(ctx context.Context, o *Origin) error {
			_, err := o.Playlist(ctx, mustURL(t, evil+"/to/x.m3u8"), nil)
			return err
		},
		"a rendition":       listAt(t, victim+"/x.m3u8"),
		"a name":            listAt(t, "http://localhost:"+port+"/x.m3u8"),
		"another spelling":  listAt(t, "http://[::ffff:127.0.0.1]:"+port+"/x.m3u8"),
		"no address at all": listAt(t, "http://0.0.0.0:"+port+"/x.m3u8"),
		"a segment": func(ctx context.Context, o *Origin) error {
			return o.Segment(ctx, Segment{URL: mustURL(t, victim+"/seg.ts")}, 0, &sink{})
		},
		"a redirect of a segment": func(ctx context.Context, o *Origin) error {
			return o.Segment(ctx, Segment{URL: mustURL(t, evil+"/to/seg.ts")}, 0, &sink{})
		},
		"what clouds tell": listAt(t, "http://169.254.169.254/latest/meta-data/x.m3u8"),
	}
	for name, try := range ways {
		t.Run(name, func(t *testing.T) {
			o, refused := farther(t, OriginConfig{})
			home := FromHome(t.Context(), []string{strings.TrimPrefix(evil, "http://")})
			if _, err := o.Playlist(home, mustURL(t, evil+"/live.m3u8"), nil); err != nil {
				t.Fatal(err)
			}
			if err := try(home, o); !errors.Is(err, ErrInward) {
				t.Errorf("error %v", err)
			}
			if refused.Load() == 0 || asked.Load() != 0 {
				t.Errorf("refused %d, asked %d", refused.Load(), asked.Load())
			}
		})
	}
	t.Run("from here", func(t *testing.T) {
		o, refused := farther(t, OriginConfig{})
		near := FromHome(t.Context(), []string{strings.TrimPrefix(victim, "http://")})
		if _, err := o.Playlist(near, mustURL(t, victim+"/x.m3u8"), nil); err != nil {
			t.Error(err)
		}
		if err := ways["a name"](near, o); err != nil {
			t.Error(err)
		}
		if err := ways["what clouds tell"](near, o); !errors.Is(err, ErrInward) {
			t.Error(err)
		}
		if refused.Load() != 1 || asked.Load() != 2 {
			t.Errorf("refused %d, asked %d", refused.Load(), asked.Load())
		}
	})
}

func listAt(t *testing.T, address string) func(context.Context, *Origin) error {
	return func(ctx context.Context, o *Origin) error {
		_, err := o.Playlist(ctx, mustURL(t, address), nil)
		return err
	}
}

// TestInwardByProxy: the same by what the proxy itself asks on behalf of players:
// keys, initialization sections, segments, steering.
func TestInwardByProxy(t *testing.T) {
	t.Parallel()
	victim, asked := inner(t)
	evil := at(t, outside, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, media("")) })
	host := strings.TrimPrefix(evil, "http://")
	o, refused := farther(t, OriginConfig{})
	if _, err := o.Playlist(FromHome(t.Context(), []string{host}), mustURL(t, evil+"/live.m3u8"), nil); err != nil {
		t.Fatal(err)
	}
	text, err := Parse([]byte(media(`#EXT-X-KEY:METHOD=AES-128,URI="`+victim+`/key"`+"\n"+
		`#EXT-X-MAP:URI="`+victim+`/init.mp4"`+"\n#EXTINF:2,\n"+victim+"/seg.m4s")), mustURL(t, evil+"/live.m3u8"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := player(t, ProxyConfig{}, o, homed{fakeChannel{"": &fakeTrack{playlist: text}}, host})
	list := get(t, c, "GET", "/ch/live.m3u8").body
	tried := 0
	for _, line := range strings.FieldsFunc(list, func(r rune) bool { return r == '\n' || r == '"' }) {
		if strings.HasPrefix(line, "_/") && !strings.HasSuffix(line, "/last.ts") {
			tried++
			if got := get(t, c, "GET", "/ch/"+line); got.code == http.StatusOK || strings.Contains(got.body, "secret") {
				t.Errorf("%s: %d %q", line, got.code, got.body)
			}
		}
	}
	if tried != 3 || refused.Load() < 3 || asked.Load() != 0 {
		t.Errorf("tried %d, refused %d, asked %d\n%s", tried, refused.Load(), asked.Load(), list)
	}
}

type homed struct {
	fakeChannel
	host string
}

func (h homed) Home() []string { return []string{h.host} }

// TestRebinding: a name of outside points here after a while.
func TestRebinding(t *testing.T) {
	t.Parallel()
	victim, asked := inner(t)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(victim, "http://"))
	o, refused := farther(t, OriginConfig{})
	r := o.client.Transport.(*reach)
	r.resolve = func(context.Context, string) ([]netip.Addr, error) { // as it was
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}
	ctx := FromHome(t.Context(), []string{"localhost:80"})
	if _, err := o.Playlist(ctx, mustURL(t, "http://localhost:"+port+"/x.m3u8"), nil); !errors.Is(err, ErrInward) {
		t.Error(err)
	}
	r.resolve = func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.IPv6Loopback()}, nil }
	if _, err := o.Playlist(ctx, mustURL(t, "http://LOCALHOST:"+port+"/x.m3u8"), nil); !errors.Is(err, ErrInward) {
		t.Error(err)
	}
	if refused.Load() == 0 || asked.Load() != 0 {
		t.Errorf("refused %d, asked %d", refused.Load(), asked.Load())
	}
}

// TestHomes: without a context that says more, the configured hosts count, or
// where the user's own URL leads.
func TestHomes(t *testing.T) {
	t.Parallel()
	victim, _ := inner(t)
	evil := at(t, outside, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, victim, http.StatusFound) })
	for name, c := range map[string]OriginConfig{"the first URL": {}, "a configured host": {HeaderHosts: []string{outside}}} {
		o, _ := farther(t, c)
		if _, err := o.Playlist(t.Context(), mustURL(t, evil), nil); !errors.Is(err, ErrInward) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, _ := farther(t, OriginConfig{HeaderHosts: []string{outside, "127.0.0.1"}})
	if _, err := o.Playlist(t.Context(), mustURL(t, evil), nil); err != nil {
		t.Errorf("both are the user's: %v", err)
	}
}

// TestInwardBehindProxy: a proxy of HTTP resolves names by itself; addresses that
// need none are looked at.
func TestInwardBehindProxy(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	proxy := at(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Host == "far.example" {
			http.Redirect(w, r, "http://169.254.169.254/x.m3u8", http.StatusFound)
			return
		}
		fmt.Fprint(w, media(""))
	})
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	o, refused := farther(t, OriginConfig{ProxyURL: u})
	o.client.Transport.(*reach).resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no DNS here") }
	if _, err := o.Playlist(t.Context(), mustURL(t, "http://near.example/x.m3u8"), nil); err != nil {
		t.Error(err)
	}
	if _, err := o.Playlist(t.Context(), mustURL(t, "http://far.example/x.m3u8"), nil); !errors.Is(err, ErrInward) {
		t.Error(err)
	}
	if refused.Load() != 1 || asked.Load() != 2 {
		t.Errorf("refused %d, asked %d", refused.Load(), asked.Load())
	}
}
