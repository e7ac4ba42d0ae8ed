package lab

import (
	"embed"
	"fmt"
	"time"
)

const (
	clipSegments = 6
	clipDuration = 2 * time.Second // of each segment
	clipCodecs   = "avc1.4D4015,mp4a.40.2"
	clipSize     = "320x180"
)

// LoopSegments is how many segments a film of one loop has.
const LoopSegments = clipSegments

// tsPacket is the size of an MPEG-TS packet in bytes.
const tsPacket = 188

//go:embed clip/*.ts clip/*.m4s clip/init.mp4
var clipFiles embed.FS

// clip is what segments are made of, in playing order: the same in two
// containers.
type clip struct {
	stream    [clipSegments][]byte // MPEG-TS
	fragments [clipSegments][]byte // fMP4
	init      []byte               // initialization section of the fragments
}

func loadClip() clip {
	c := clip{init: clipFile(initName)}
	for i := range c.stream {
		c.stream[i] = clipFile(fmt.Sprintf("seg%d.ts", i))
		c.fragments[i] = clipFile(fmt.Sprintf("seg%d.m4s", i))
	}
	return c
}

func clipFile(name string) []byte {
	b, err := clipFiles.ReadFile("clip/" + name)
	if err != nil {
		panic(err) // the build left a file out
	}
	return b
}
