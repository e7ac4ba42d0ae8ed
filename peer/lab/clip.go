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

// tsPacket is the size of an MPEG-TS packet in bytes.
const tsPacket = 188

//go:embed clip/*.ts
var clipFiles embed.FS

// loadClip returns the clip's segments in playing order.
func loadClip() [][]byte {
	clip := make([][]byte, clipSegments)
	for i := range clip {
		b, err := clipFiles.ReadFile(fmt.Sprintf("clip/seg%d.ts", i))
		if err != nil {
			panic(err) // the build left a file out
		}
		clip[i] = b
	}
	return clip
}
