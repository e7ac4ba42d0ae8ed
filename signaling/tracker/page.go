package tracker

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed page/*.html page/*.css page/*.js page/*.svg
var pageFiles embed.FS

const (
	pageIndex  = "index.html"
	pageSignIn = "signin.html"
)

// openFiles are what the sign-in page needs.
var openFiles = []string{"style.css", "icon.svg"}

// A pageFile is a file of the page as it is sent.
type pageFile struct {
	kind        string // MIME type
	plain, tiny []byte // as it is, and gzipped
	tag         string // changes with the content
}

// loadPage reads what is built in, once for all servers.
var loadPage = sync.OnceValue(func() map[string]*pageFile {
	files := make(map[string]*pageFile)
	entries, err := fs.ReadDir(pageFiles, "page")
	if err != nil {
		panic(err) // it is built in
	}
	for _, e := range entries {
		text, err := pageFiles.ReadFile("page/" + e.Name())
		if err != nil {
			panic(err)
		}
		files[e.Name()] = newPageFile(e.Name(), text)
	}
	return files
})

// pageTypes are told here, as the machine's own table may have others.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func newPageFile(name string, text []byte) *pageFile {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(text)
	_ = z.Close()
	sum := sha256.Sum256(text)
	return &pageFile{
		kind: pageTypes[path.Ext(name)], plain: text, tiny: b.Bytes(), tag: hex.EncodeToString(sum[:8]),
	}
}

// servePages adds the topology page, and what it asks for, to the server.
func (s *Server) servePages(mux *http.ServeMux) {
	look := pageGate(s.config.PageToken)
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("POST /{$}", s.serveSignIn)
	mux.HandleFunc("GET /page/{file}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("file")
		f := loadPage()[name]
		if f == nil || path.Ext(name) == ".html" {
			http.NotFound(w, r)
			return
		}
		if slices.Contains(openFiles, name) {
			f.send(w, r, http.StatusOK)
			return
		}
		look.Guard(func(w http.ResponseWriter, r *http.Request) { f.send(w, r, http.StatusOK) })(w, r)
	})
	mux.HandleFunc("GET /topology", look.Guard(s.serveTopology))
	mux.HandleFunc("GET /api/v1/channels", look.Guard(s.serveChannels))
}

// servePage is /. A token in the address becomes a cookie, so that it does not
// stay there.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	look := pageGate(s.config.PageToken)
	query := r.URL.Query()
	if query.Has("token") {
		if look.Matches(query.Get("token")) {
			http.SetCookie(w, look.Show(r))
		}
		query.Del("token")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		redirect(w, query.Encode())
		return
	}
	switch status, err := look.Permit(r); {
	case err == nil:
		loadPage()[pageIndex].send(w, r, status)
	case status == http.StatusUnauthorized:
		loadPage()[pageSignIn].send(w, r, status)
	default:
		refuse(w, status, err)
	}
}

// maxSignIn is how long a filled-in form may be.
const maxSignIn = 4 << 10

// serveSignIn takes the token from the form of the sign-in page.
func (s *Server) serveSignIn(w http.ResponseWriter, r *http.Request) {
	look := pageGate(s.config.PageToken)
	if look.Token == "" {
		refuse(w, http.StatusForbidden, errNoPage)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
	if !look.Matches(r.PostFormValue("token")) {
		loadPage()[pageSignIn].send(w, r, http.StatusUnauthorized)
		return
	}
	http.SetCookie(w, look.Show(r))
	redirect(w, r.URL.RawQuery)
}

// redirect leads to the page, relative to where it is.
func redirect(w http.ResponseWriter, query string) {
	at := "./"
	if query != "" {
		at += "?" + query
	}
	w.Header().Set("Location", at)
	w.WriteHeader(http.StatusSeeOther)
}

// send answers with the file, or says that the browser has it already.
func (f *pageFile) send(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Del("Access-Control-Allow-Origin") // nobody else's business
	h.Set("Content-Security-Policy", pagePolicy(r.Host))
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Add("Vary", "Accept-Encoding")
	body, tag := f.plain, `"`+f.tag+`"`
	if acceptsGzip(r) {
		body, tag = f.tiny, `"`+f.tag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	if status != http.StatusOK {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if holdsTag(r.Header.Get("If-None-Match"), tag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// pagePolicy lets the page load its own files and connect to its own host, and
// nothing else.
func pagePolicy(host string) string {
	sockets := ""
	if isPlainHost(host) { // for browsers to which 'self' does not include WebSockets
		sockets = fmt.Sprintf(" ws://%s wss://%s", host, host)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'" + sockets +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// isPlainHost says whether a Host header holds nothing but a name or an address.
func isPlainHost(host string) bool {
	return host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_") == ""
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, parameters, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && (coding == "gzip" || coding == "*") {
			q, err := strconv.ParseFloat(parameters["q"], 64)
			return err != nil || q > 0
		}
	}
	return false
}

func holdsTag(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
