package hls

import "testing"

// TestIdentity: what identifies a segment tells it from every other of the
// list, also from those in the same file.
func TestIdentity(t *testing.T) {
	t.Parallel()
	p := mustParse(t, oneFile+"#EXTINF:2,\nall.ts?secret\n#EXTINF:2,\n#EXT-X-BYTERANGE:16@10\nall.ts?secret\n")
	ids := map[string]SN{}
	for _, s := range p.Media.Segments {
		id, ok := s.Identity()
		if ok != (s.Fault == nil) || s.is(&s) != ok {
			t.Errorf("%d: %q, %v", s.SN, id, ok)
		}
		first, known := ids[id]
		if ok && known != (s.SN == 9) || known && first != 5 {
			t.Errorf("%d is %d: %q", s.SN, first, id)
		}
		if ok {
			ids[id] = s.SN
		}
	}
	if id, _ := p.Media.segment(8).Identity(); id != "all.ts?secret" {
		t.Errorf("a whole resource is %q", id)
	}
}

func TestKeysInForce(t *testing.T) {
	t.Parallel()
	p := mustParse(t, media("#EXT-X-KEY:METHOD=AES-128,URI=\"a\"\n#EXTINF:2,\n0\n#EXT-X-KEY:METHOD=AES-128,URI=\"b\",KEYFORMAT=\"identity\"\n#EXTINF:2,\n1\n#EXT-X-KEY:METHOD=NONE"))
	for i, want := range []string{"a", "b", ""} {
		s := p.Media.Segments[i]
		switch {
		case want == "":
			if s.Encrypted() || s.Method() != "" {
				t.Errorf("%d: %v", i, s.Keys)
			}
		case len(s.Keys) != 1 || s.Keys[0].URI != want || !s.Encrypted() || s.Method() != "AES-128":
			t.Errorf("%d: %v", i, s.Keys)
		}
	}
}
