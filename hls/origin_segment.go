package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SegmentSink takes a segment as it comes. An error of either method ends the
// transfer and is its error.
type SegmentSink interface {
	// Began is told when the request was made that is being answered, before
	// anything else. One that hung before it says nothing of how long the source
	// takes.
	Began(time.Time)
	// SetSize is told the size of the whole segment, bytes, before the first
	// Write and only if the source declares it.
	SetSize(total int64) error
	io.Writer
}

// Segment fetches a segment from the byte at from on and writes it to sink as
// it comes. After an error whatever was written is good, and a new call may go
// on behind it. A source that cannot go on in mid-resource is read from the
// beginning, and what is there already is skipped.
//
// A body that falls silent for [OriginConfig.AskAgain] is left for another request
// that goes on where it stands, and so is the next. The third one has all the time
// that there is.
//
// It ends with an error when the source declares more than
// [OriginConfig.MaxSegment] bytes or sends them ([ErrTooLarge]), when the body
// is shorter than declared ([ErrCut]), when nothing comes ([ErrNoProgress]),
// and when ctx ends.
func (o *Origin) Segment(ctx context.Context, s Segment, from int64, sink SegmentSink) error {
	for range impatient {
		counted := &countingSink{SegmentSink: sink}
		err := o.segment(ctx, s, from, counted, min(o.cfg.AskAgain, o.cfg.NoProgress))
		if !errors.Is(err, ErrNoProgress) || !counted.answered || ctx.Err() != nil {
			return err
		}
		from += counted.written
	}
	return o.segment(ctx, s, from, sink, o.cfg.NoProgress)
}

// impatient is how many requests for one segment are left when they fall silent.
const impatient = 2

// countingSink counts what was written.
type countingSink struct {
	SegmentSink
	answered bool
	written  int64
}

func (c *countingSink) Began(at time.Time) {
	c.answered = true
	c.SegmentSink.Began(at)
}

func (c *countingSink) Write(p []byte) (int, error) {
	n, err := c.SegmentSink.Write(p)
	c.written += int64(n)
	return n, err
}

// segment is one request for what Segment is to bring.
func (o *Origin) segment(ctx context.Context, s Segment, from int64, sink SegmentSink, patience time.Duration) error {
	want := span{first: from, last: -1}
	if s.Fault != nil {
		return &fetchError{Redact(s.URL), nil, s.Fault}
	}
	if s.Range != nil {
		if s.Range.Length > o.cfg.MaxSegment {
			return &fetchError{Redact(s.URL), ErrTooLarge, fmt.Errorf("byte range of %d bytes", s.Range.Length)}
		}
		if from >= s.Range.Length {
			return sink.SetSize(s.Range.Length)
		}
		want = span{first: s.Range.Offset + from, last: s.Range.Offset + s.Range.Length - 1}
	}
	header := http.Header{"Accept-Encoding": {"identity"}}
	if want != (span{0, -1}) {
		header.Set("Range", want.String())
	}
	x, err := o.askAgain(ctx, http.MethodGet, s.URL, header, patience)
	if err != nil {
		return err
	}
	defer x.close()
	sink.Began(x.began)
	c, err := x.content(want)
	if err != nil {
		return x.report(err)
	}
	if s.Range != nil {
		if c.size >= 0 {
			o.files.put(s.URL.String(), c.size)
		}
		c.size = s.Range.Length
	}
	if err := o.transfer(x, c, from, sink); err != nil {
		return x.report(err)
	}
	return nil
}

// span is a range of bytes, both ends included; last is -1 for the end of the
// resource.
type span struct{ first, last int64 }

func (s span) String() string {
	if s.last < 0 {
		return fmt.Sprintf("bytes=%d-", s.first)
	}
	return fmt.Sprintf("bytes=%d-%d", s.first, s.last)
}

// content is how an answer holds what was asked for. Sizes are in bytes, -1
// while unknown.
type content struct {
	body io.Reader
	skip int64 // before the wanted bytes
	take int64 // wanted bytes in the body, at most
	size int64 // of the whole segment
}

// content reads the head of the answer to a request for want.
func (x *exchange) content(want span) (c content, err error) {
	switch x.StatusCode {
	case http.StatusOK:
		c = content{skip: want.first, take: -1, size: x.ContentLength}
		if want.last >= 0 {
			c.take = want.last - want.first + 1
		}
		if c.body, err = x.decoded(); c.body != io.Reader(x) {
			c.size = -1
		}
		return c, err
	case http.StatusPartialContent:
		got, size, err := parseContentRange(x.Header.Get("Content-Range"))
		if err != nil {
			return content{}, err
		}
		if got.first != want.first {
			return content{}, fmt.Errorf("source answered bytes %d- to %v", got.first, want)
		}
		take := got.last - got.first + 1
		if want.last >= 0 {
			take = min(take, want.last-want.first+1)
		}
		return content{body: x, take: take, size: size}, nil
	case http.StatusRequestedRangeNotSatisfiable:
		// Everything may be there already, of a resource of unknown size.
		size, ok := strings.CutPrefix(x.Header.Get("Content-Range"), "bytes */")
		if n, err := strconv.ParseInt(size, 10, 64); ok && err == nil && n == want.first && want.last < 0 {
			return content{body: x, take: 0, size: n}, nil
		}
	}
	return content{}, &StatusError{x.StatusCode}
}

// parseContentRange reads "bytes 0-499/1234"; size is -1 for a star.
func parseContentRange(value string) (got span, size int64, err error) {
	extent, ok := strings.CutPrefix(value, "bytes ")
	extent, total, ok2 := strings.Cut(extent, "/")
	first, last, ok3 := strings.Cut(extent, "-")
	bad := fmt.Errorf("bad Content-Range %.64q", value)
	if !ok || !ok2 || !ok3 {
		return span{}, 0, bad
	}
	size = -1
	if got.first, err = strconv.ParseInt(first, 10, 64); err != nil {
		return span{}, 0, bad
	}
	if got.last, err = strconv.ParseInt(last, 10, 64); err != nil {
		return span{}, 0, bad
	}
	if total != "*" {
		if size, err = strconv.ParseInt(total, 10, 64); err != nil || size <= got.last {
			return span{}, 0, bad
		}
	}
	if got.first < 0 || got.last < got.first {
		return span{}, 0, bad
	}
	return got, size, nil
}

// transfer moves the content into sink, of which from bytes are there already.
func (o *Origin) transfer(x *exchange, c content, from int64, sink SegmentSink) error {
	if n := max(c.size, c.skip); n > o.cfg.MaxSegment {
		return x.because(ErrTooLarge, fmt.Errorf("%d bytes, and at most %d are read", n, o.cfg.MaxSegment))
	}
	if c.size >= 0 {
		if err := sink.SetSize(c.size); err != nil {
			return err
		}
	}
	if n, err := io.CopyN(io.Discard, c.body, c.skip); err == io.EOF {
		return x.because(ErrCut, fmt.Errorf("%d bytes, and %d are there already", n, c.skip))
	} else if err != nil {
		return err
	}
	written, err := o.copyTo(sink, c, from)
	if err != nil {
		return err
	}
	switch {
	case c.size >= 0 && from+written < c.size:
		return x.because(ErrCut, fmt.Errorf("at byte %d of %d", from+written, c.size))
	case c.size < 0 && c.take > written:
		return x.because(ErrCut, fmt.Errorf("%d bytes of %d", written, c.take))
	}
	return nil
}

// copyTo writes the wanted bytes to sink. A body of unknown length must stay
// within the limit.
func (o *Origin) copyTo(sink io.Writer, c content, from int64) (written int64, err error) {
	buffer := o.buffers.Get().(*[]byte)
	defer o.buffers.Put(buffer)
	for c.take < 0 || written < c.take {
		n, err := c.body.Read(*buffer)
		if c.take >= 0 {
			n = int(min(int64(n), c.take-written))
		}
		if from+written+int64(n) > o.cfg.MaxSegment {
			return written, fmt.Errorf("more than %d bytes: %w", o.cfg.MaxSegment, ErrTooLarge)
		}
		if n > 0 {
			if _, err := sink.Write((*buffer)[:n]); err != nil {
				return written, err
			}
			written += int64(n)
		}
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
