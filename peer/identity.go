package peer

import (
	"runtime"

	"hlspeer/signaling"
)

// introduce prepares what the client says when it connects the next time
// (protocol 4.1).
func (t *track) introduce() {
	t.intro.Store(&signaling.Enter{
		Channel: t.room, UplinkBW: signaling.BitRate(t.kit.claim.bits()),
		Browser: "hlspeer", Device: "PC", OS: osName(runtime.GOOS),
		Resume: t.session.self, StreamRate: signaling.BitRate(t.rate.bits()),
	})
}

func osName(goos string) string {
	switch goos {
	case "linux":
		return "Linux"
	case "darwin":
		return "Mac OS"
	case "windows":
		return "Windows"
	case "android":
		return "Android"
	default:
		return goos
	}
}
