package signaling

import "testing"

func TestSchedulerURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ base, key, room, mode, want string }{
		{
			"ws://h/ws", "free", "http://x/a.m3u8", "live",
			"ws://h/ws?key=free&room=http%3A%2F%2Fx%2Fa.m3u8&mode=live",
		},
		{
			"wss://h:8443", "a b&c=d", "https://x/中?q", "vod",
			"wss://h:8443?key=a%20b%26c%3Dd&room=https%3A%2F%2Fx%2F%E4%B8%AD%3Fq&mode=vod",
		},
		{"ws://h/?v=1", "", "r", "live", "ws://h/?v=1&key=&room=r&mode=live"},
	}
	for _, tt := range tests {
		if got := schedulerURL(tt.base, tt.key, tt.room, tt.mode); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestRelayURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base string
		id   PeerID
		want string
	}{
		{"ws://h/s", "a1", "ws://h/s?id=a1"},
		{"ws://h/s?x=y", "a&b#c", "ws://h/s?x=y&id=a%26b%23c"},
	} {
		if got := relayURL(tt.base, tt.id); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestEscapeComponent(t *testing.T) {
	t.Parallel()
	const kept = "AZaz09-_.!~*'()"
	if got := escapeComponent(kept); got != kept {
		t.Errorf("%s became %s", kept, got)
	}
	const changed = " +/?:@&=,;$#%\"\x00\x7f"
	if got, want := escapeComponent(changed), "%20%2B%2F%3F%3A%40%26%3D%2C%3B%24%23%25%22%00%7F"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
