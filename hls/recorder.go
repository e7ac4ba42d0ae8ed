package hls

import "net/http"

// recorder takes note of the status that an answer had.
type recorder struct {
	http.ResponseWriter
	code int
}

// WriteHeader notes the first status that is not merely informational.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= http.StatusOK {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write stands for a status of 200 where none was given.
func (r *recorder) Write(p []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// statusGone is the status of a request that the player gave up before it was
// answered.
const statusGone = 499

func (r *recorder) status() int {
	if r.code == 0 {
		return statusGone
	}
	return r.code
}
