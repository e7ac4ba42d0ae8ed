package hls

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// boxes are boxes of the given types, of 300 bytes each.
func boxes(kinds ...string) []byte {
	var b []byte
	for _, kind := range kinds {
		b = binary.BigEndian.AppendUint32(b, 300)
		b = append(append(b, kind...), make([]byte, 300-boxHeader)...)
	}
	return b
}

func TestBoxes(t *testing.T) {
	t.Parallel()
	media := boxes("styp", "sidx", "moof", "mdat")
	large := slices.Concat(boxes("moof"), []byte("\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x14abcd"))
	open := slices.Concat(boxes("moof"), []byte("\x00\x00\x00\x00mdatabcd"))
	for name, tt := range map[string]struct {
		body []byte
		cut  bool
		want error
	}{
		"a segment":                    {media, false, nil},
		"chunks":                       {slices.Concat(media, boxes("prft", "moof", "mdat", "free")), false, nil},
		"with events before":           {boxes("emsg", "emsg", "moof", "mdat"), false, nil},
		"a size of 64 bits":            {large, false, nil},
		"a size of 64 bits, cut":       {large[:len(large)-1], false, errBoxCut},
		"to the end":                   {open, false, nil},
		"cut in the media":             {media[:len(media)-1], false, errBoxCut},
		"an I-frame":                   {media[:len(media)-1], true, nil},
		"an I-frame, cut before":       {media[:899], true, errBoxCut},
		"cut in a head":                {media[:904], false, errNotBoxes},
		"bytes behind it":              {append(slices.Clone(media), 0), false, errNotBoxes},
		"no fragment":                  {boxes("styp", "mdat"), false, errNoMedia},
		"no media":                     {boxes("styp", "moof"), false, errNoMedia},
		"media before the fragment":    {boxes("styp", "mdat", "moof"), false, errNoMedia},
		"begins with the media":        {boxes("mdat", "moof", "mdat"), false, errNotBoxes},
		"a size below that of a head":  {[]byte("\x00\x00\x00\x07moofxxxxxxxx"), false, errNotBoxes},
		"a size that is none":          {[]byte("\x00\x00\x00\x01moof\x00\x00\x00\x00\x00\x00\x00\x0fxx"), false, errNotBoxes},
		"the largest size there is":    {[]byte("\x00\x00\x00\x01moof\xff\xff\xff\xff\xff\xff\xff\xffxx"), false, errBoxCut},
		"a type that is none":          {[]byte("\x00\x00\x00\x10mo\x00fxxxxxxxx"), false, errNotBoxes},
		"an initialization section":    {boxes("ftyp", "moov"), false, errNoMedia},
		"the section and the segment":  {boxes("ftyp", "moov", "moof", "mdat"), false, nil},
		"something else than fMP4":     {[]byte("\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f"), false, errNotBoxes},
		"a type that nobody has named": {boxes("abcd", "moof", "mdat"), false, errNotBoxes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := checkBoxes(tt.body, true, tt.cut); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			for n := range tt.body {
				if err := checkBoxes(tt.body[:n], false, tt.cut); tt.want == nil && err != nil {
					t.Fatalf("its first %d bytes: %v", n, err)
				}
			}
		})
	}
}
