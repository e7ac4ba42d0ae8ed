package peer

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	redacted      = "…"
	maxShownText  = 4096 // bytes of a text in an event
	maxShownList  = 256  // entries of a list or an object
	maxShownDepth = 32
)

// secretNames are fields whose value nobody is to see.
var secretNames = map[string]bool{
	"key": true, "apikey": true, "token": true, "password": true, "passwd": true, "pwd": true, "secret": true,
	"credential": true, "authorization": true, "cookie": true, "icepwd": true, "signature": true,
}

// secretParts are what must not be seen of a text: queries, users and passwords of
// URLs, and what a description holds of that kind.
var secretParts = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\?[^\s"'\\#<>]+`), "?" + redacted},
	{regexp.MustCompile(`://[^\s/"'\\@]*@`), "://" + redacted + "@"},
	{regexp.MustCompile(`(?i)(ice-pwd|crypto)( *: *)[^\r\n"\\]+`), "$1$2" + redacted},
}

// redactText takes the secrets out of a text, and cuts it.
func redactText(s string) string {
	for _, p := range secretParts {
		s = p.find.ReplaceAllString(s, p.with)
	}
	return cut(s, maxShownText)
}

// cut is s, and an ellipsis in place of what is beyond limit bytes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + redacted
}

// redactJSON is a JSON object without secrets; false: text is none.
func redactJSON(text []byte) (json.RawMessage, bool) {
	if len(bytes.TrimSpace(text)) == 0 || bytes.TrimSpace(text)[0] != '{' || !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out bytes.Buffer
	r := redactor{in: d, out: &out}
	if !r.value("", 0) {
		return nil, false
	}
	return out.Bytes(), true
}

// redactor copies valid JSON from in to out, without secrets.
type redactor struct {
	in  *json.Decoder
	out *bytes.Buffer
}

// value copies the next value, of the field of that name.
func (r *redactor) value(name string, depth int) bool {
	token, err := r.in.Token()
	if err != nil || depth > maxShownDepth {
		return false
	}
	if secretNames[strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))] {
		if _, nested := token.(json.Delim); nested {
			return r.skip() && r.write(redacted)
		}
		return r.write(redacted)
	}
	switch v := token.(type) {
	case json.Delim:
		return r.nested(v, name, depth)
	case string:
		return r.write(redactText(v))
	default:
		return r.write(v)
	}
}

// nested copies an object or list whose opening bracket has been read.
func (r *redactor) nested(open json.Delim, name string, depth int) bool {
	closing := byte('}')
	if open == '[' {
		closing = ']'
	}
	r.out.WriteByte(byte(open))
	for n := 0; r.in.More(); n++ {
		room := n < maxShownList
		if room && n > 0 {
			r.out.WriteByte(',')
		}
		key := name
		if open == '{' {
			token, err := r.in.Token()
			if err != nil {
				return false
			}
			if key, _ = token.(string); room {
				r.write(redactText(key))
				r.out.WriteByte(':')
			}
		}
		to := r.out
		if !room {
			r.out = &bytes.Buffer{}
		}
		if !r.value(key, depth+1) {
			return false
		}
		r.out = to
	}
	r.out.WriteByte(closing)
	_, err := r.in.Token() // the closing bracket
	return err == nil
}

// skip reads to the end of what was opened last.
func (r *redactor) skip() bool {
	for depth := 1; depth > 0; {
		token, err := r.in.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return true
}

// write writes a string, number, bool or null.
func (r *redactor) write(v json.Token) bool {
	text, err := json.Marshal(v)
	r.out.Write(text)
	return err == nil
}
