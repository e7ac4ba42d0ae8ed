package lab

import (
	"errors"
	"fmt"
	"io"
)

// offset is where the segment sn begins in the file of its rendition.
func (o *Origin) offset(rendition string, sn int64) int64 {
	var loop, at int64
	for i := range int64(clipSegments) {
		if i == sn%clipSegments {
			at = loop
		}
		loop += o.size(rendition, i)
	}
	if forms[rendition].iso {
		at += int64(len(o.clip.init))
	}
	return sn/clipSegments*loop + at
}

// segmentAt is the segment that a byte of the file lies in; ok is false in front
// of the first.
func (o *Origin) segmentAt(rendition string, at int64) (sn int64, ok bool) {
	loop := o.offset(rendition, clipSegments) - o.offset(rendition, 0)
	at -= o.offset(rendition, 0)
	if at < 0 {
		return 0, false
	}
	for sn = at / loop * clipSegments; at%loop >= o.offset(rendition, sn%clipSegments+1)-o.offset(rendition, 0); sn++ {
	}
	return sn, true
}

// partAsked is the segment of a file that a Range header asks for.
func (o *Origin) partAsked(rendition, header string) (sn int64, ok bool) {
	var first int64
	if n, err := fmt.Sscanf(header, "bytes=%d-", &first); n != 1 || err != nil {
		return 0, false
	}
	return o.segmentAt(rendition, first)
}

// segmentFile is the file of a rendition as it is at one moment.
type segmentFile struct {
	o         *Origin
	rendition string
	size, at  int64
}

func (o *Origin) openFile(rendition string) io.ReadSeeker {
	return &segmentFile{o: o, rendition: rendition, size: o.offset(rendition, o.edge()+1)}
}

// Read gives bytes of one segment at most.
func (f *segmentFile) Read(p []byte) (int, error) {
	if f.at >= f.size {
		return 0, io.EOF
	}
	sn, ok := f.o.segmentAt(f.rendition, f.at)
	data, begin := f.o.clip.init, int64(0)
	if ok {
		data, begin = f.o.Segment(f.rendition, sn), f.o.offset(f.rendition, sn)
	}
	n := copy(p, data[f.at-begin:])
	f.at += int64(n)
	return n, nil
}

var errSeek = errors.New("seeking before the beginning")

func (f *segmentFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	f.at = offset
	return offset, nil
}
