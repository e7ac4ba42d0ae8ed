package lab

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// began is when the channels of these tests start.
var began = time.Date(2024, 2, 29, 23, 59, 50, 0, time.UTC)

// originAt is an origin whose clock stands the given time after its start.
func originAt(since time.Duration, c OriginConfig) *Origin {
	c.Start = began
	c.Now = func() time.Time { return began.Add(since) }
	return NewOrigin(c)
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *http.Response {
	t.Helper()
	return do(t, h, http.MethodGet, path, headers...)
}

func do(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return b
}

func TestLivePlaylistText(t *testing.T) {
	t.Parallel()
	o := originAt(17*time.Second, OriginConfig{Window: 4})
	const want = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:4
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2024-02-29T23:59:58.000Z
#EXTINF:2.000,
seg-4.ts
#EXT-X-PROGRAM-DATE-TIME:2024-03-01T00:00:00.000Z
#EXTINF:2.000,
seg-5.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2024-03-01T00:00:02.000Z
#EXTINF:2.000,
seg-6.ts
#EXT-X-PROGRAM-DATE-TIME:2024-03-01T00:00:04.000Z
#EXTINF:2.000,
seg-7.ts
`
	response := get(t, o, "/live.m3u8")
	if got := string(bodyOf(t, response)); got != want {
		t.Errorf("playlist:\n%s\nwant:\n%s", got, want)
	}
	if got := response.Header.Get("Content-Type"); got != "application/vnd.apple.mpegurl" {
		t.Errorf("content type %q", got)
	}
}

func TestLiveWindowMoves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		since                 time.Duration
		sequence, jumps, segs int
	}{
		{2 * time.Second, 0, 0, 1},
		{3999 * time.Millisecond, 0, 0, 1},
		{4 * time.Second, 0, 0, 2},
		{12 * time.Second, 0, 0, 6},
		{14 * time.Second, 1, 0, 6},
		{24 * time.Second, 6, 0, 6}, // the tag of segment 6 is still there
		{26 * time.Second, 7, 1, 6}, // and now is gone
		{38 * time.Second, 13, 2, 6},
		{48 * time.Hour, 86394, 14398, 6},
	} {
		text := string(bodyOf(t, get(t, originAt(tt.since, OriginConfig{}), "/live.m3u8")))
		for _, want := range []string{
			fmt.Sprintf("#EXT-X-MEDIA-SEQUENCE:%d\n", tt.sequence),
			fmt.Sprintf("#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", tt.jumps),
			fmt.Sprintf(",\nseg-%d.ts\n", tt.sequence),
			fmt.Sprintf(",\nseg-%d.ts\n", tt.sequence+tt.segs-1),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("after %v: no %q in\n%s", tt.since, want, text)
			}
		}
		if got := strings.Count(text, "#EXTINF"); got != tt.segs {
			t.Errorf("after %v: %d segments, want %d", tt.since, got, tt.segs)
		}
	}
}

// TestDiscontinuitySequence follows each segment through every window: its
// discontinuity sequence number (RFC 8216, 4.3.3.3) must never change, and be
// the number of its loop.
func TestDiscontinuitySequence(t *testing.T) {
	t.Parallel()
	for edge := range int64(60) {
		o := originAt(time.Duration(edge+1)*clipDuration, OriginConfig{})
		var sequence, sn int64
		for line := range strings.Lines(string(o.livePlaylist(RenditionMain, edge))) {
			_, _ = fmt.Sscanf(line, "#EXT-X-DISCONTINUITY-SEQUENCE:%d", &sequence)
			if line == "#EXT-X-DISCONTINUITY\n" {
				sequence++
			}
			if _, err := fmt.Sscanf(line, "seg-%d.ts", &sn); err == nil && sequence != sn/clipSegments {
				t.Errorf("edge %d: segment %d has discontinuity sequence %d", edge, sn, sequence)
			}
		}
	}
}

func TestZeroConfigHasFullWindow(t *testing.T) {
	t.Parallel()
	if got := strings.Count(string(bodyOf(t, get(t, NewOrigin(OriginConfig{}), "/live.m3u8"))), "#EXTINF"); got != 6 {
		t.Errorf("%d segments at once, want 6", got)
	}
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		speed          float64
		target, extinf string
		edge           int64 // after 6 s
	}{
		{0, "2", "2.000", 2},
		{2, "1", "1.000", 5},
		{10, "1", "0.200", 29},
		{0.5, "4", "4.000", 0},
	} {
		o := originAt(6*time.Second, OriginConfig{Speed: tt.speed})
		text := string(bodyOf(t, get(t, o, "/live.m3u8")))
		for _, want := range []string{"#EXT-X-TARGETDURATION:" + tt.target + "\n", "#EXTINF:" + tt.extinf + ",\n" + segmentName(tt.edge)} {
			if !strings.Contains(text, want) {
				t.Errorf("speed %v: no %q in\n%s", tt.speed, want, text)
			}
		}
		if !strings.HasSuffix(text, segmentName(tt.edge)+"\n") {
			t.Errorf("speed %v: the newest segment is not %d:\n%s", tt.speed, tt.edge, text)
		}
	}
}

func TestVODPlaylist(t *testing.T) {
	t.Parallel()
	o := originAt(0, OriginConfig{VODLoops: 3})
	text := string(bodyOf(t, get(t, o, "/vod.m3u8")))
	for want, times := range map[string]int{
		"#EXTINF:2.000,\n":                                      18,
		"#EXT-X-DISCONTINUITY\n":                                2,
		"#EXT-X-PLAYLIST-TYPE:VOD\n":                            1,
		"\nvod/seg-17.ts\n#EXT-X-ENDLIST\n":                     1,
		"#EXT-X-DISCONTINUITY\n#EXTINF:2.000,\nvod/seg-12.ts\n": 1,
	} {
		if got := strings.Count(text, want); got != times {
			t.Errorf("%q comes %d times, want %d", want, got, times)
		}
	}
	if got := bodyOf(t, get(t, o, "/vod/seg-17.ts")); !bytes.Equal(got, o.Segment(RenditionVOD, 17)) {
		t.Error("the last segment is not the true one")
	}
}

func TestMasterPlaylist(t *testing.T) {
	t.Parallel()
	o := originAt(time.Minute, OriginConfig{BitRate: 1_000_000})
	const want = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=1000160,RESOLUTION=320x180,CODECS="avc1.4D4015,mp4a.40.2"
low/live.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000320,RESOLUTION=320x180,CODECS="avc1.4D4015,mp4a.40.2"
high/live.m3u8
`
	if got := string(bodyOf(t, get(t, o, "/master.m3u8"))); got != want {
		t.Errorf("master:\n%s\nwant:\n%s", got, want)
	}
	low, high := bodyOf(t, get(t, o, "/low/live.m3u8")), bodyOf(t, get(t, o, "/high/live.m3u8"))
	if !bytes.Equal(low, high) {
		t.Error("the renditions' playlists differ; their names are to be the same")
	}
	low, high = bodyOf(t, get(t, o, "/low/seg-25.ts")), bodyOf(t, get(t, o, "/high/seg-25.ts"))
	if bytes.Equal(low, high) || !bytes.Equal(low, o.Segment(RenditionLow, 25)) || !bytes.Equal(high, o.Segment(RenditionHigh, 25)) {
		t.Error("a rendition's segment is not the true one")
	}
}

func TestPathsOutsideOfTheWindow(t *testing.T) {
	t.Parallel()
	// After 40 s the edge is 19, the window 14 to 19, and 9 to 13 are kept.
	o := originAt(40*time.Second, OriginConfig{VODLoops: 1})
	for path, want := range map[string]int{
		"/seg-8.ts":                    404,
		"/seg-9.ts":                    200,
		"/low/seg-9.ts":                200,
		"/high/seg-19.ts":              200,
		"/seg-20.ts":                   404,
		"/seg--1.ts":                   404,
		"/seg-019.ts":                  404,
		"/seg-+19.ts":                  404,
		"/seg-19":                      404,
		"/19.ts":                       404,
		"/seg-99999999999999999999.ts": 404,
		"/other/seg-19.ts":             404,
		"/low/low/seg-19.ts":           404,
		"/vod/seg-0.ts":                200,
		"/vod/seg-5.ts":                200,
		"/vod/seg-6.ts":                404,
		"/vod/live.m3u8":               404,
		"/low/live.m3u8":               200,
		"/low/master.m3u8":             404,
		"/":                            404,
	} {
		if got := get(t, o, path).StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
	if got := get(t, originAt(time.Second, OriginConfig{}), "/live.m3u8").StatusCode; got != 404 {
		t.Errorf("playlist before the first segment: status %d, want 404", got)
	}
	if got := get(t, originAt(-time.Hour, OriginConfig{}), "/seg-0.ts").StatusCode; got != 404 {
		t.Errorf("segment before the start: status %d, want 404", got)
	}
	if got := do(t, o, http.MethodPost, "/live.m3u8").StatusCode; got != 405 {
		t.Errorf("POST: status %d, want 405", got)
	}
}

func TestSegmentOverHTTP(t *testing.T) {
	t.Parallel()
	o := originAt(time.Minute, OriginConfig{})
	whole := o.Segment(RenditionMain, 27)

	response := get(t, o, "/seg-27.ts")
	etag := response.Header.Get("ETag")
	if got := bodyOf(t, response); !bytes.Equal(got, whole) {
		t.Error("GET: not the true content")
	}
	if got := response.Header.Get("Content-Type"); got != "video/mp2t" {
		t.Errorf("content type %q", got)
	}
	if got := response.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("CORS %q", got)
	}
	response = get(t, o, "/seg-27.ts", "Range", "bytes=1000-")
	if got := bodyOf(t, response); response.StatusCode != 206 || !bytes.Equal(got, whole[1000:]) {
		t.Errorf("Range: status %d, %d bytes", response.StatusCode, len(got))
	}
	response = do(t, o, http.MethodHead, "/seg-27.ts")
	if got := bodyOf(t, response); len(got) != 0 || response.ContentLength != int64(len(whole)) {
		t.Errorf("HEAD: %d bytes, length %d, want %d", len(got), response.ContentLength, len(whole))
	}
	if got := get(t, o, "/seg-27.ts", "If-None-Match", etag).StatusCode; got != 304 {
		t.Errorf("If-None-Match: status %d", got)
	}
	for _, other := range []string{"/seg-28.ts", "/low/seg-27.ts"} {
		if got := get(t, o, other, "If-None-Match", etag).StatusCode; got != 200 {
			t.Errorf("%s has the same ETag as /seg-27.ts", other)
		}
	}
	if got, want := o.Bytes(), int64(4*len(whole)-1000); got < want-int64(len(whole))/2 {
		t.Errorf("%d bytes counted, want about %d", got, want)
	}
}

func TestPlaylistETagChangesWithTheWindow(t *testing.T) {
	t.Parallel()
	etag := get(t, originAt(20*time.Second, OriginConfig{}), "/live.m3u8").Header.Get("ETag")
	if got := get(t, originAt(21*time.Second, OriginConfig{}), "/live.m3u8", "If-None-Match", etag).StatusCode; got != 304 {
		t.Errorf("same window: status %d, want 304", got)
	}
	if got := get(t, originAt(22*time.Second, OriginConfig{}), "/live.m3u8", "If-None-Match", etag).StatusCode; got != 200 {
		t.Errorf("next window: status %d, want 200", got)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	o := originAt(time.Minute, OriginConfig{})
	for _, path := range []string{"/live.m3u8", "/master.m3u8", "/vod.m3u8", "/seg-25.ts", "/seg-25.ts", "/low/seg-25.ts", "/seg-0.ts", "/nothing"} {
		get(t, o, path)
	}
	got := o.Requests()
	if got.Playlists != 3 || got.Segments != 4 || got.Gone != 1 {
		t.Errorf("%d playlists, %d segments, %d gone; want 3, 4, 1", got.Playlists, got.Segments, got.Gone)
	}
	if n := got.BySegment[SegmentKey{RenditionMain, 25}]; n != 2 {
		t.Errorf("/seg-25.ts counted %d times, want 2", n)
	}
	if n := got.BySegment[SegmentKey{RenditionLow, 25}]; n != 1 {
		t.Errorf("/low/seg-25.ts counted %d times, want 1", n)
	}
	if len(got.BySegment) != 2 {
		t.Errorf("%d segments counted, want 2: the one out of the window is not", len(got.BySegment))
	}
	want := int64(2*len(o.Segment(RenditionMain, 25)) + len(o.Segment(RenditionLow, 25)))
	if o.Bytes() != want {
		t.Errorf("%d bytes, want %d", o.Bytes(), want)
	}
	for _, part := range []string{"bytes=1000-1999", "bytes=1-16384"} {
		get(t, o, "/seg-25.ts", "Range", part)
	}
	if got := o.Requests(); got.Segments != 4 || got.Samples != 2 || o.Bytes() != want || o.SampleBytes() != 1000+16384 {
		t.Errorf("samples: %d segments, %d samples, %d and %d bytes", got.Segments, got.Samples, o.Bytes(), o.SampleBytes())
	}
	for _, part := range []string{"bytes=1000-", "bytes=1-16385", "bytes=0-499"} {
		get(t, o, "/seg-25.ts", "Range", part)
	}
	if got := o.Requests(); got.Segments != 7 || got.Samples != 2 {
		t.Errorf("parts: %d segments, %d samples", got.Segments, got.Samples)
	}
}

func TestCountsStayBounded(t *testing.T) {
	t.Parallel()
	var c originCounts
	for sn := range int64(2 * countedSegments) {
		c.asked(resource{kind: kindSegment, sn: sn})
	}
	if got := c.snapshot(); len(got.BySegment) != countedSegments || got.Segments != 2*countedSegments {
		t.Errorf("%d segments counted one by one and %d in all", len(got.BySegment), got.Segments)
	}
}
