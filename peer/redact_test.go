package peer

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRedactJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"event":"REQUEST","url":"a/b.ts?token=hush&x=1","sn":9007199254740993}`:                                    `{"event":"REQUEST","url":"a/b.ts?…","sn":9007199254740993}`,
		`{"key":"hush","Api-Key":{"a":["hush"]},"ok":true,"n":null}`:                                                 `{"key":"…","Api-Key":"…","ok":true,"n":null}`,
		`{"u":["http://me:hush@h/p?q=hush#f","plain? yes"]}`:                                                         `{"u":["http://…@h/p?…#f","plain? yes"]}`,
		`{"data":{"type":"offer","sdp":"v=0\r\na=ice-ufrag:u\r\na=ice-pwd:hush/+\r\na=fingerprint:sha-256 AA\r\n"}}`: `{"data":{"type":"offer","sdp":"v=0\r\na=ice-ufrag:u\r\na=ice-pwd:…\r\na=fingerprint:sha-256 AA\r\n"}}`,
		`{"data":"{\"sdp\":\"a=ice-pwd:hush\\r\\na=x\"}"}`:                                                           `{"data":"{\"sdp\":\"a=ice-pwd:…\\r\\na=x\"}"}`,
		` {"a":[]} `: `{"a":[]}`,
	} {
		got, ok := redactJSON([]byte(in))
		if !ok || string(got) != want || strings.Contains(string(got), "hush") {
			t.Errorf("%s\n%s, want\n%s", in, got, want)
		}
	}
	for _, in := range []string{"", "7", "[1]", `{"a":`, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "\x00"} {
		if got, ok := redactJSON([]byte(in)); ok {
			t.Errorf("%.40q became %s", in, got)
		}
	}
	long := `{"t":"` + strings.Repeat("é", 100_000) + `","l":[` + strings.Repeat("1,", 10_000) + `1]}`
	got, ok := redactJSON([]byte(long))
	if !ok || !json.Valid(got) || len(got) > 3*maxShownText {
		t.Errorf("a long message: %v, %d bytes", ok, len(got))
	}
}

func FuzzRedactJSON(f *testing.F) {
	f.Add([]byte(`{"key":["x",{"a":1}],"b":"http://u:p@h?q"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, ok := redactJSON(in); ok && !json.Valid(got) {
			t.Errorf("%q became %q", in, got)
		}
	})
}
