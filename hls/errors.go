package hls

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

// What callers branch on, beside [StatusError].
var (
	// ErrNotPlaylist: the text is no HLS playlist, for instance an HTML page.
	ErrNotPlaylist = errors.New("not an HLS playlist")
	// ErrTooLarge: a limit of this package was exceeded.
	ErrTooLarge = errors.New("too large")
	// ErrUnreachable: the source gave no answer, as when nothing listens.
	ErrUnreachable = errors.New("source unreachable")
	// ErrCut: the body ended before its end. What came before is good.
	ErrCut = errors.New("body ended early")
	// ErrSourceTimeout: the source was too slow. The proxy answers 504.
	ErrSourceTimeout = errors.New("source too slow")
	// ErrNoProgress: no byte came for [OriginConfig.NoProgress]. It is an
	// [ErrSourceTimeout].
	ErrNoProgress = fmt.Errorf("no progress: %w", ErrSourceTimeout)
	// ErrGone: the source says that it does not have the resource. The proxy
	// answers 404.
	ErrGone = errors.New("gone from the source")
	// ErrUnknownSegment: no playlist lists the segment. The proxy answers 404.
	ErrUnknownSegment = errors.New("unknown segment")
)

// StatusError is an HTTP status of the source that carries no content. For 404
// and 410 it is an [ErrGone].
type StatusError struct{ Code int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("source answered %d %s", e.Code, http.StatusText(e.Code))
}

// Is makes errors.Is(err, ErrGone) hold for 404 and 410.
func (e *StatusError) Is(target error) bool {
	return target == ErrGone && (e.Code == http.StatusNotFound || e.Code == http.StatusGone)
}

// fetchError says which resource failed and why, without any query string. kind
// is the sentinel to branch on, or nil where cause is enough.
type fetchError struct {
	resource    string
	kind, cause error
}

func (e *fetchError) Error() string {
	reason := scrub(e.cause.Error())
	if e.kind != nil {
		reason = e.kind.Error() + ": " + reason
	}
	return "fetching " + e.resource + ": " + reason
}

func (e *fetchError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.cause}
	}
	return []error{e.kind, e.cause}
}

// secrets are the parts of URLs that carry tokens: query, fragment, user.
var secrets = regexp.MustCompile(`[?#][^\s"'<>]*|//[^\s"'<>/@]*@`)

// scrub takes the secret parts of URLs out of a message of somebody else.
func scrub(message string) string {
	return secrets.ReplaceAllStringFunc(message, func(found string) string {
		if found[0] == '/' {
			return "//"
		}
		return ""
	})
}
