package lab

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// The renditions of an [Origin]. Each is a folder of the same name.
const (
	RenditionMain = ""     // /live.m3u8
	RenditionLow  = "low"  // /low/live.m3u8
	RenditionHigh = "high" // /high/live.m3u8, twice as large as the others
	RenditionVOD  = "vod"  // /vod.m3u8, with its segments in /vod/
	RenditionFMP4 = "fmp4" // /fmp4/live.m3u8, in fragments of MP4
	// Byte ranges of one file that grows, in MPEG-TS and in MP4.
	RenditionRanges  = "ranges"
	RenditionOneFile = "onefile"
	// What belongs to the others: sound (the lab's has pictures too), subtitles,
	// and the beginnings of the main rendition's segments.
	RenditionAudio  = "audio"
	RenditionText   = "text"
	RenditionFrames = "frames"
)

const (
	defaultWindow   = 6
	defaultVODLoops = 5
	originSlack     = 5 // segments kept after they left the window
)

// OriginConfig is what an [Origin] is made of. The zero value is a channel at
// its natural pace that already has a full window.
type OriginConfig struct {
	// Start is when the first segment, sn 0, began; it is complete one segment
	// duration later. Zero: one window before NewOrigin.
	Start time.Time
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Speed divides the 2 s that a segment of the clip lasts, in the playlists
	// too: at 10, segments of 200 ms are announced and come every 200 ms. The
	// pictures keep their own time stamps, so real players want 1. Zero: 1.
	Speed float64
	// Window is how many segments a live playlist names. Zero: 6.
	Window int
	// Event lets the live playlists name all segments since the start, or since
	// the last [Origin.Restart].
	Event bool
	// VODLoops is how often the clip is played in /vod.m3u8. Zero: 5, a minute.
	VODLoops int
	// BitRate in bit/s is what segments are padded to with null packets. Zero,
	// or less than the clip has (about 200 kbit/s): as is.
	BitRate int64
	// Faults is asked for each request before it is answered; nil: no faults.
	// It may be called from many goroutines at once.
	Faults func(r *http.Request) Fault
}

// Origin is an HTTP source with an endless live channel made of a short clip,
// and a finite one. Paths: /live.m3u8, /master.m3u8 (which names
// /low/live.m3u8 and /high/live.m3u8), /full.m3u8 (these with sound, subtitles
// and I-frames), /vod.m3u8, and /<rendition>/live.m3u8 for
// the others; the segment sn is seg-<sn>.ts or .m4s beside its live playlist, or
// in /vod/, or a byte range.
//
// Segments, playlists and their names depend on the configuration, the clock and
// [Origin.Restart] alone, so two origins made alike are interchangeable. Safe for
// concurrent use; there is nothing to close.
type Origin struct {
	config   OriginConfig
	duration time.Duration // of a segment, as announced
	clip     clip
	counts   originCounts
	memory   segmentMemory

	mu   sync.Mutex
	life life
}

// life is a run of the live channel.
type life struct {
	number int
	start  time.Time // of the segment first
	first  int64
}

var _ http.Handler = (*Origin)(nil)

// NewOrigin returns an origin. Zero fields of c stand for their defaults.
func NewOrigin(c OriginConfig) *Origin {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Speed <= 0 {
		c.Speed = 1
	}
	if c.Window <= 0 {
		c.Window = defaultWindow
	}
	if c.VODLoops <= 0 {
		c.VODLoops = defaultVODLoops
	}
	duration := max(time.Duration(float64(clipDuration)/c.Speed), time.Millisecond)
	if c.Start.IsZero() {
		c.Start = c.Now().Add(-time.Duration(c.Window) * duration)
	}
	return &Origin{config: c, duration: duration, clip: loadClip(), life: life{start: c.Start}}
}

// Restart lets the live channel begin anew: its next segment is first, and what
// it makes from now on has the old names and another content. Until a segment
// is complete there is no live playlist.
func (o *Origin) Restart(first int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.life = life{o.life.number + 1, o.config.Now(), first}
}

// now is the life that the live channel is in.
func (o *Origin) now() life {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.life
}

// Duration is how long a segment lasts, as the playlists say.
func (o *Origin) Duration() time.Duration { return o.duration }

// Bytes is how many bytes of segments have been sent, without samples.
func (o *Origin) Bytes() int64 { return o.counts.sent(false) }

// SampleBytes is how many bytes of samples have been sent.
func (o *Origin) SampleBytes() int64 { return o.counts.sent(true) }

// Requests is what has been asked for so far.
func (o *Origin) Requests() OriginRequests { return o.counts.snapshot() }

// ServeHTTP implements [http.Handler]: GET and HEAD, Range, ETag, CORS.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	resource := o.resolve(r.URL.Path, r.Header.Get("Range"))
	resource.sample = o.isSample(resource, r.Header.Get("Range"))
	o.counts.asked(resource)
	var fault Fault
	if o.config.Faults != nil {
		fault = o.config.Faults(r)
	}
	if !fault.begin(w, r) {
		return
	}
	if resource.kind == kindSegment {
		w = &meter{ResponseWriter: w, counts: &o.counts, sample: resource.sample}
	}
	w = fault.wrap(w, r)
	switch resource.kind {
	case kindPlaylist:
		o.servePlaylist(w, r, resource)
	case kindSegment:
		o.serveSegment(w, r, resource)
	case kindInit:
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.clip.init))
	default:
		http.Error(w, "no such file", http.StatusNotFound)
	}
}

func (o *Origin) servePlaylist(w http.ResponseWriter, r *http.Request, res resource) {
	if res.text == nil {
		http.Error(w, "the channel has not begun", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", fmt.Sprintf(`"%s@%d"`, strings.Trim(r.URL.Path, "/"), res.sn))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(res.text))
}

func (o *Origin) serveSegment(w http.ResponseWriter, r *http.Request, res resource) {
	w.Header().Set("Content-Type", res.form().contentType())
	w.Header().Set("Cache-Control", "max-age=60")
	if res.form().file != "" {
		http.ServeContent(w, r, "", time.Time{}, o.openFile(res.rendition))
		return
	}
	body := o.shared(res.rendition, res.sn)
	w.Header().Set("ETag", fmt.Sprintf(`"%s%d-%d"`, res.rendition, res.sn, len(body)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

type resourceKind int

const (
	kindUnknown resourceKind = iota
	kindPlaylist
	kindSegment
	kindGone // a segment's name, but outside of the window
	kindInit // an initialization section
)

// resource is what a path stands for at one moment.
type resource struct {
	kind      resourceKind
	rendition string
	sn        int64  // of a segment, or of the newest one in a playlist
	text      []byte // of a playlist
	sample    bool   // a few bytes of a segment, to compare a copy with
}

func (r resource) form() form { return forms[r.rendition] }

// resolve finds what p stands for now. part is the Range header.
func (o *Origin) resolve(p, part string) resource {
	switch p {
	case "/master.m3u8":
		return resource{kind: kindPlaylist, text: o.masterPlaylist("")}
	case "/full.m3u8":
		return resource{kind: kindPlaylist, text: o.fullPlaylist()}
	case "/vod.m3u8":
		return resource{kind: kindPlaylist, rendition: RenditionVOD, text: o.vodPlaylist()}
	}
	dir, file := path.Split(p)
	rendition := strings.Trim(dir, "/")
	f, ok := forms[rendition]
	if !ok {
		return resource{}
	}
	if file == "live.m3u8" && rendition != RenditionVOD {
		edge := o.edge()
		return resource{kind: kindPlaylist, rendition: rendition, sn: edge, text: o.livePlaylist(rendition, edge)}
	}
	var sn int64
	switch {
	case f.file != "":
		if sn, ok = o.partAsked(rendition, part); file != f.file {
			ok = false
		} else if !ok {
			return resource{kind: kindInit, rendition: rendition}
		}
	case f.iso && file == initName:
		return resource{kind: kindInit, rendition: rendition}
	default:
		sn, ok = f.parse(file)
	}
	if !ok {
		return resource{}
	}
	kind := kindGone
	if low, high := o.available(rendition); sn >= low && sn <= high {
		kind = kindSegment
	}
	return resource{kind: kind, rendition: rendition, sn: sn}
}

// edge is the newest complete segment of the live channel; the one before its
// first, such as -1, while there is none.
func (o *Origin) edge() int64 {
	now := o.now()
	return now.first + max(-1, int64(o.config.Now().Sub(now.start)/o.duration)-1)
}

// windowStart is the first segment in the playlist that ends with edge.
func (o *Origin) windowStart(edge int64) int64 {
	if o.config.Event {
		return o.now().first
	}
	return max(o.now().first, edge-int64(o.config.Window)+1)
}

// available is the range of segments that are served.
func (o *Origin) available(rendition string) (low, high int64) {
	if rendition == RenditionVOD {
		return 0, o.vodSegments() - 1
	}
	edge := o.edge()
	return max(o.now().first, o.windowStart(edge)-originSlack), edge
}

func (o *Origin) vodSegments() int64 {
	return int64(o.config.VODLoops) * clipSegments
}
