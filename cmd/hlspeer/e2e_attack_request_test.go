//go:build e2e

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// assaults are the attacks that have a stage of their own.
var assaults = map[string]func(t *testing.T, tracker string) outcome{
	"names of files and of other sites":       strangeNames,
	"a segment that the victim does not hold": notHeld,
	"a flood of REQUESTs":                     requestFlood,
	"a burst of REQUESTs":                     requestBurst,
	"DNS rebinding":                           rebinding, "cross-site requests": crossSite, "`file:` in a playlist": fileTargets, "metadata in a playlist": metadataTargets,
	"a playlist of a million segments": millionSegments, "a playlist of itself": playlistOfItself, "a gzip bomb": gzipBomb, "a storm of seeks": seekStorm,
	"itself as parent": selfParent, "a cycle": cycle, "messages of 10 MB": hugeMessages, "lists of 100,000": longLists, "slammed doors": slammedDoors,
	"another fingerprint in the relay": fingerprints, "a man in the middle": middleman,
	"a child that never reads": deafChild,
}

// besieged has a victim that serves a villain, its child.
func besieged(t *testing.T, tracker string, deaf bool) (*scene, *villain, *grip) {
	s := newScene(t, tracker)
	s.begin("--upload", "20Mbps")
	id := s.id()
	s.watched(2)
	v := newVillain(t, nil)
	v.deaf = deaf
	v.join(tracker, s.url, 0)
	return s, v, v.dial(id)
}

// ask sends REQUESTs, and is how many LACKs came for them.
func (g *grip) ask(names ...string) int64 {
	before := g.v.lacks.Load()
	for _, name := range names {
		g.say(fmt.Sprintf(`{"event":"REQUEST","url":%q}`, name))
	}
	await(g.v.t, fmt.Sprintf("%d answers", len(names)), 20*time.Second, func() bool {
		return g.v.lacks.Load()-before >= int64(len(names)) || !g.alive()
	})
	return g.v.lacks.Load() - before
}

func strangeNames(t *testing.T, tracker string) outcome {
	var canary atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { canary.Add(1) }))
	defer other.Close()
	s, v, g := besieged(t, tracker, false)
	names := []string{
		"../live.m3u8", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..%2flive.m3u8", other.URL + "/x.ts", s.source + "/vod/seg-0.ts",
		strings.TrimPrefix(other.URL, "http:") + "/x.ts", "vod/seg-0.ts", "low/seg-10.ts", "/vod.m3u8", "master.m3u8", strings.Repeat("a", 2000),
	}
	lacks := g.ask(names...)
	s.watched(3)
	if strayed := s.strayed(); len(strayed) > 0 || canary.Load() > 0 || v.took.Load() > 0 || lacks != int64(len(names)) {
		t.Errorf("%d LACKs for %d names, %d bytes, the source was asked for %v, the other server %d times", lacks, len(names), v.took.Load(), strayed, canary.Load())
	}
	return outcome{
		fmt.Sprintf("%d LACKs for %d names, 0 bytes", lacks, len(names)),
		fmt.Sprintf("requests at the other server: %d; at the source beside the channel: %d", canary.Load(), len(s.strayed())), s.seen(0),
	}
}

func notHeld(t *testing.T, tracker string) outcome {
	s, v, g := besieged(t, tracker, false)
	tr, _ := s.victim.track()
	s.mu.Lock()
	var names []string
	for sn := int64(*tr.Edge) - 9; sn < int64(*tr.Edge); sn++ {
		if name := fmt.Sprintf("seg-%d.ts", sn); sn >= 0 && s.paths["/"+name] == 0 {
			names = append(names, name)
		}
	}
	s.mu.Unlock()
	if len(names) == 0 {
		t.Fatal("the victim has asked for everything")
	}
	lacks := g.ask(names...)
	s.watched(3)
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := 0
	for _, name := range names {
		asked += s.paths["/"+name]
	}
	if asked > 0 || v.took.Load() > 0 || lacks != int64(len(names)) {
		t.Errorf("%d LACKs and %d bytes for %d names; the source was asked %d times", lacks, v.took.Load(), len(names), asked)
	}
	return outcome{fmt.Sprintf("%d LACKs for %d names, 0 bytes", lacks, len(names)), fmt.Sprintf("requests at the source for them: %d", asked), s.seen(0)}
}

func requestFlood(t *testing.T, tracker string) outcome {
	s, v, g := besieged(t, tracker, false)
	began := time.Now()
	for i := 0; g.alive() && time.Since(began) < 40*time.Second; i++ {
		for range 30 {
			g.say(fmt.Sprintf(`{"event":"REQUEST","url":"more-%d.ts"}`, i))
		}
		g.rest(100 * time.Millisecond)
	}
	if g.alive() {
		t.Error("the flood is borne")
	}
	took := time.Since(began)
	s.watched(3)
	return outcome{fmt.Sprintf("%d LACKs; the link ended after %.0f s", v.lacks.Load(), took.Seconds()), s.counted("flood"), s.seen(0)}
}

func requestBurst(t *testing.T, tracker string) outcome {
	s, v, g := besieged(t, tracker, false)
	before := s.victim.rss()
	for i := range 4000 {
		g.say(fmt.Sprintf(`{"event":"REQUEST","url":"nothing-%d.ts"}`, i))
	}
	s.watched(3)
	grown := s.victim.rss() - before
	if g.alive() || grown > heap {
		t.Errorf("the link stands: %v; it costs %d MB", g.alive(), grown>>20)
	}
	return outcome{fmt.Sprintf("%d LACKs; the link ended at once", v.lacks.Load()), s.counted("link closed"), s.seen(0)}
}

// heap is how much more memory than before an attack may cost the victim.
const heap = 48 << 20

func deafChild(t *testing.T, tracker string) outcome {
	s, v, g := besieged(t, tracker, true)
	before := s.victim.rss()
	for range 10 {
		tr, _ := s.victim.track()
		for sn := int64(*tr.Edge) - 5; sn <= int64(*tr.Edge); sn++ {
			g.say(fmt.Sprintf(`{"event":"REQUEST","url":"seg-%d.ts"}`, sn))
		}
		s.watched(1)
	}
	grown := s.victim.rss() - before
	if grown > heap {
		t.Errorf("it costs %d MB", grown>>20)
	}
	state := "the link stands, and takes no more than its buffer"
	if v.left.Load() > 0 {
		state = "the link ended"
	}
	return outcome{
		fmt.Sprintf("sent %d KB; %s", int64(s.victim.metric(`hlspeer_uploaded_bytes_total{channel="live"}`))>>10, state),
		fmt.Sprintf("resident memory %+.1f MB, cache and all", float64(grown)/1e6), s.seen(0),
	}
}
