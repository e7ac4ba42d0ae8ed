package tracker

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const testToken = "a long token"

// asked is a request as the server sees it: "METHOD target", from where, at which
// host, with headers "Name: value".
func asked(t *testing.T, request, remote, host string, headers ...string) *http.Request {
	t.Helper()
	method, target, ok := strings.Cut(request, " ")
	if !ok {
		method, target = http.MethodGet, request
	}
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr, r.Host = remote, host
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func serverWith(t *testing.T, token string) http.Handler {
	t.Helper()
	c := DefaultConfig()
	c.PageToken = token
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAccess: who may look at channels, with a tracker that has a token and with
// one that has none. 0 stands for the answer to who may.
func TestAccess(t *testing.T) {
	t.Parallel()
	const here, there = "127.0.0.1:5000", "192.0.2.7:5000"
	seal := pageCookie + "=" + pageGate(testToken).Seal()
	tests := []struct {
		name          string
		remote, host  string
		query         string
		headers       []string
		without, with int // a token
	}{
		{"this machine", here, "127.0.0.1:7070", "", nil, 0, 0},
		{"by name", here, "localhost:7070", "", nil, 0, 0},
		{"by name, with a dot", here, "LOCALHOST.:7070", "", nil, 0, 0},
		{"without a port", here, "localhost", "", nil, 0, 0},
		{"IPv6", "[::1]:5000", "[::1]:7070", "", nil, 0, 0},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:5000", "127.0.0.9:7070", "", nil, 0, 0},
		{"within the process", "pipe", "pipe", "", nil, 0, 0},
		{"elsewhere", there, "tracker.example", "", nil, 403, 401},
		{"elsewhere, with our host", there, "127.0.0.1:7070", "", nil, 403, 401},
		{"a name that leads here", here, "evil.example:7070", "", nil, 403, 401},
		{"a name that looks like ours", here, "localhost.evil.example", "", nil, 403, 401},
		{"an address that looks like ours", here, "127.0.0.1.evil.example", "", nil, 403, 401},
		{"no host", here, "", "", nil, 403, 401},
		{"no address", "", "localhost", "", nil, 403, 401},
		{"a Unix socket", "@", "localhost", "", nil, 403, 401},
		{"a proxy on this machine", here, "localhost", "", []string{"X-Forwarded-For: 192.0.2.7"}, 403, 401},
		{"another proxy", here, "localhost", "", []string{"Forwarded: for=192.0.2.7"}, 403, 401},
		{"our page", here, "localhost:7070", "", []string{"Origin: http://localhost:7070"}, 0, 0},
		{"another site's page", here, "localhost:7070", "", []string{"Origin: https://evil.example"}, 403, 401},
		{"another server's page here", here, "localhost:7070", "", []string{"Origin: http://localhost:8080"}, 403, 401},
		{"a page without an origin", here, "localhost:7070", "", []string{"Origin: null"}, 403, 401},
		{"another site's image", here, "localhost:7070", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, 401},
		{"another site's link", here, "localhost:7070", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 0, 0},
		{"the token", there, "tracker.example", "", []string{"Authorization: Bearer " + testToken}, 403, 0},
		{"in other letters", there, "tracker.example", "", []string{"Authorization: bearer " + testToken}, 403, 0},
		{"another token", there, "tracker.example", "", []string{"Authorization: Bearer a long toke"}, 403, 401},
		{"a longer token", there, "tracker.example", "", []string{"Authorization: Bearer " + testToken + " "}, 403, 401},
		{"no token", there, "tracker.example", "", []string{"Authorization: Bearer "}, 403, 401},
		{"basic", there, "tracker.example", "", []string{"Authorization: Basic " + testToken}, 403, 401},
		{"in the address", there, "tracker.example", "token=a+long+token", nil, 403, 0},
		{"another in the address", there, "tracker.example", "token=x", nil, 403, 401},
		{"an empty one in the address", there, "tracker.example", "token=", nil, 403, 401},
		{"cookie", there, "tracker.example", "", []string{"Cookie: " + seal}, 403, 0},
		{"the cookie to our page", there, "tracker.example", "", []string{"Cookie: " + seal, "Origin: http://tracker.example"}, 403, 0},
		{"the cookie to another page", there, "tracker.example", "", []string{"Cookie: " + seal, "Origin: http://tracker.example:81"}, 403, 401},
		{"the token as the cookie", there, "tracker.example", "", []string{"Cookie: " + pageCookie + "=" + testToken}, 403, 401},
		{"the empty token's cookie", there, "tracker.example", "", []string{"Cookie: " + pageCookie + "=" + pageGate("").Seal()}, 403, 401},
	}
	open, closed := serverWith(t, ""), serverWith(t, testToken)
	for _, tt := range tests {
		for path, granted := range map[string]int{"/": 200, "/page/main.js": 200, "/api/v1/channels": 200, "/topology": 503} {
			target := path
			if tt.query != "" {
				target += "?" + tt.query
			}
			for i, h := range []http.Handler{open, closed} {
				want := []int{tt.without, tt.with}[i]
				if want == 0 {
					want = granted
				}
				if path == "/" && tt.query != "" {
					want = 303
				}
				w := answer(h, asked(t, target, tt.remote, tt.host, tt.headers...))
				if w.Code != want {
					t.Errorf("%s: %s with token %v: %d, want %d", tt.name, path, i == 1, w.Code, want)
				}
				if w.Code == 403 && !strings.Contains(w.Body.String(), "--page-token") {
					t.Errorf("%s: %s says %q", tt.name, path, w.Body)
				}
			}
		}
	}
	for _, path := range []string{"/healthz", "/metrics", "/page/style.css"} {
		if w := answer(open, asked(t, path, there, "tracker.example")); w.Code != 200 {
			t.Errorf("%s from elsewhere: %d", path, w.Code)
		}
	}
}

// TestSignIn: a token in the address or the form becomes a cookie.
func TestSignIn(t *testing.T) {
	t.Parallel()
	h := serverWith(t, testToken)
	const there, host = "192.0.2.7:5000", "tracker.example"
	w := answer(h, asked(t, "/?channel=http%3A%2F%2Fh%2Fx&token=a+long+token", there, host))
	if at := w.Header().Get("Location"); w.Code != 303 || at != "./?channel=http%3A%2F%2Fh%2Fx" {
		t.Errorf("%d to %q", w.Code, at)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" || strings.Contains(c.Value, testToken) {
		t.Errorf("cookie %v", c)
	}
	r := asked(t, "/", there, host)
	r.AddCookie(c)
	if w := answer(h, r); w.Code != 200 {
		t.Errorf("with the cookie: %d", w.Code)
	}
	safe := asked(t, "/?token=a+long+token", there, host)
	safe.TLS = &tls.ConnectionState{}
	if c := answer(h, safe).Result().Cookies(); len(c) != 1 || !c[0].Secure {
		t.Errorf("over TLS: %v", c)
	}
	if w := answer(h, asked(t, "/?token=wrong", there, host)); w.Code != 303 || len(w.Result().Cookies()) != 0 {
		t.Errorf("a wrong token: %d %v", w.Code, w.Header())
	}
	if w := answer(h, asked(t, "/", there, host)); w.Code != 401 || !strings.Contains(w.Body.String(), "<form") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("without a token: %d %v", w.Code, w.Header())
	}

	form := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/?channel=x", strings.NewReader("token="+token))
		r.RemoteAddr, r.Host = there, host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return answer(h, r)
	}
	if w := form("a+long+token"); w.Code != 303 || w.Header().Get("Location") != "./?channel=x" || len(w.Result().Cookies()) != 1 {
		t.Errorf("the form: %d %v", w.Code, w.Header())
	}
	for _, token := range []string{"", "wrong", strings.Repeat("x", 2*maxSignIn)} {
		if w := form(token); w.Code != 401 || len(w.Result().Cookies()) != 0 {
			t.Errorf("the form with %.10q: %d %v", token, w.Code, w.Header())
		}
	}
	if w := answer(serverWith(t, ""), asked(t, "POST /", there, host)); w.Code != 403 {
		t.Errorf("the form of a tracker without a token: %d", w.Code)
	}
}

func TestShortPageToken(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.PageToken = "short"
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "short\"") {
		t.Errorf("%v", err)
	}
}
