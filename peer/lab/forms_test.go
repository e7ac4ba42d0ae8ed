package lab

import (
	"fmt"
	"testing"
	"time"

	"hlspeer/datachannel"
	"hlspeer/signaling"
)

// TestFormsTravel: fragments of MP4 and byte ranges pass between peers as
// transport streams do, and the source is hardly asked.
func TestFormsTravel(t *testing.T) {
	t.Parallel()
	for _, rendition := range []string{RenditionFMP4, RenditionRanges, RenditionOneFile} {
		t.Run(rendition, func(t *testing.T) {
			t.Parallel()
			c := SwarmConfig{Peers: 3, rendition: rendition, Uplinks: []int64{strong}, JoinEvery: 2 * time.Second, adjust: unaudited}
			play(t, c, func(st *stage) {
				time.Sleep(20 * time.Second)
				st.sharing(30*time.Second, 1)
				st.unharmed()
				edge := int64(*st.rows()[0].Edge)
				for sn := edge - 10; sn < edge; sn++ {
					if n := st.origin.Requests().BySegment[SegmentKey{rendition, sn}]; n != 1 {
						t.Errorf("segment %d was fetched %d times by three peers", sn, n)
					}
				}
			})
		})
	}
}

// TestBareNames (protocol 2.7): a client of 2018 asks for the file of byte
// ranges by its bare URI. It gets LACK, for it would take any of them for the
// whole; under its own name it gets the byte range.
func TestBareNames(t *testing.T) {
	t.Parallel()
	s := &stranger{}
	c := SwarmConfig{Peers: 1, rendition: RenditionRanges, Uplinks: []int64{strong}}
	prepared(t, c, func(st *stage) { st.settle(s) }, func(st *stage) {
		time.Sleep(20 * time.Second)
		defer s.join(st)()
		time.Sleep(time.Second)
		l := s.dial(signaling.PeerID(st.rows()[0].PeerID))
		edge := int64(*st.rows()[0].Edge)
		for _, sn := range []datachannel.SN{datachannel.NoSN, datachannel.SN(edge)} {
			if m, ok := s.ask(l, datachannel.Request{URL: "all.ts", SN: sn}).(datachannel.Lack); !ok || m.URL != "all.ts" {
				t.Errorf("the bare URI, sn %d: %+v", sn, m)
			}
		}
		size := int64(len(st.origin.Segment(RenditionRanges, edge)))
		name := fmt.Sprintf("all.ts\n%d@%d", size, st.origin.offset(RenditionRanges, edge))
		for _, r := range []datachannel.Request{{URL: name, SN: datachannel.NoSN}, {SN: datachannel.SN(edge)}} {
			if p, ok := s.ask(l, r).(datachannel.Piece); !ok || p.URL != name || p.Size != size {
				t.Errorf("%+v is answered by %+v", r, p)
			}
		}
		if m, ok := s.ask(l, datachannel.Request{URL: name + "0", SN: datachannel.NoSN}).(datachannel.Lack); !ok {
			t.Errorf("another byte range: %+v", m)
		}
		st.unharmed()
	})
}
