package peer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"hlspeer/hls"
	"hlspeer/peer/mesh"
)

// SetChannels replaces the channels, also while the agent runs. One that there
// is already, with the same URL, identity and backups, goes on undisturbed; one
// that is not named any more says good-bye to its peers in the background, and
// its players get 404. The faults of channels are those of [Config.Validate], and
// then nothing changes. It must not be called by two goroutines at once.
func (a *Agent) SetChannels(channels []ChannelConfig) error {
	var f faultList
	if f.channels(channels); len(f) > 0 {
		return errors.Join(f...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return errStopping
	}
	kept, taken := map[string]*channel{}, map[string]bool{}
	for _, ch := range a.channels {
		if slices.ContainsFunc(channels, ch.is) {
			kept[ch.url.String()], taken[ch.name] = ch, true
		}
	}
	var next, added []*channel
	for _, c := range channels {
		ch := kept[c.URL]
		if ch == nil {
			var err error
			if ch, err = newChannel(a.kit, c, nameOf(c.URL, taken)); err != nil {
				return err
			}
			added = append(added, ch)
		}
		next = append(next, ch)
	}
	for _, ch := range a.channels {
		if !slices.Contains(next, ch) {
			a.dismiss(ch)
		}
	}
	a.kit.origin.TrustHosts(hostsOf(channels))
	a.kit.sharing.Store(int32(len(next)))
	for _, ch := range added {
		a.kit.metrics.begin(ch.name)
		ch.path = a.proxy.Mount(ch.name, path.Base(ch.url.Path), ch)
		if a.ctx != nil {
			a.begin(ch)
		}
	}
	a.channels = next
	return nil
}

// begin runs a channel. The caller holds a.mu.
func (a *Agent) begin(ch *channel) {
	ctx, leave := context.WithCancel(hls.FromHome(a.ctx, ch.Home()))
	ch.leave = leave
	a.work.Go(func() {
		defer leave()
		ch.run(ctx)
	})
}

// dismiss ends a channel. The caller holds a.mu.
func (a *Agent) dismiss(ch *channel) {
	a.proxy.Unmount(ch.name)
	if a.ctx != nil {
		ch.leave()
		return
	}
	ended, end := context.WithCancel(context.Background())
	end()
	a.work.Go(func() { ch.run(ended) }) // if only to close it
}

// SetUpload replaces the uplink that is offered, bit/s; 0: never upload, and who
// is being served has to go. Peers in swarms are told with the next segment, the
// tracker at once. It may be called by any goroutine, before and while the agent
// runs.
func (a *Agent) SetUpload(bits int64) error {
	var f faultList
	if f.upload(bits); len(f) > 0 {
		return errors.Join(f...)
	}
	a.kit.offer(bits)
	for _, ch := range a.serving() {
		for _, t := range ch.running() {
			t.post(func() {
				t.offer()
				t.tellUplink()
			})
		}
	}
	return nil
}

// offer tells the brain what it may give away.
func (t *track) offer() {
	if t.engine != EngineBitTorrent {
		t.step(mesh.Offering{Uplink: mesh.BitRate(t.kit.claim.offer()), MaxChildren: t.kit.children()})
	}
}

// hostsOf are the hosts that the channels were configured with: what the user
// tells the source in headers is meant for no other.
func hostsOf(channels []ChannelConfig) []string {
	var hosts []string
	for _, c := range channels {
		for _, raw := range append([]string{c.URL}, c.Backups...) {
			if u, err := url.Parse(raw); err == nil && u.Host != "" {
				hosts = append(hosts, u.Host)
			}
		}
	}
	return hosts
}

// nameOf makes a short name for a channel out of its URL: what stands before
// the playlist's own name, or that name.
func nameOf(raw string, taken map[string]bool) string {
	u, _ := url.Parse(raw)
	base := path.Base(u.Path)
	base = strings.TrimSuffix(base, path.Ext(base))
	if dir := path.Base(path.Dir(u.Path)); dir != "/" && dir != "." && generic[base] {
		base = dir
	}
	slug := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, base), "-")
	if slug == "" {
		slug = "channel"
	}
	slug = slug[:min(len(slug), 40)]
	name := slug
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", slug, i)
	}
	taken[name] = true
	return name
}

// generic are playlist names that say nothing about the channel.
var generic = map[string]bool{"index": true, "playlist": true, "master": true, "main": true, "manifest": true, "chunklist": true}
