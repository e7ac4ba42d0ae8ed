package lab

import (
	"encoding/binary"
	"slices"
	"testing"
)

// Packet identifiers of the clip.
const (
	pidPAT   = 0x0000
	pidSDT   = 0x0011
	pidVideo = 0x0100
	pidPMT   = 0x1000
	pidNull  = 0x1FFF
)

// packet is an MPEG-TS packet.
type packet []byte

func (p packet) pid() int            { return int(binary.BigEndian.Uint16(p[1:]) & 0x1FFF) }
func (p packet) starts() bool        { return p[1]&0x40 != 0 }
func (p packet) counter() byte       { return p[3] & 0x0F }
func (p packet) hasPayload() bool    { return p[3]&0x10 != 0 }
func (p packet) flag(mask byte) bool { return p[3]&0x20 != 0 && p[4] > 0 && p[5]&mask != 0 }
func (p packet) discontinuous() bool { return p.flag(0x80) }
func (p packet) keyFrame() bool      { return p.flag(0x40) }

func (p packet) payload() []byte {
	if p[3]&0x20 != 0 {
		return p[5+int(p[4]):]
	}
	return p[4:]
}

// pts is the time stamp of the PES packet that starts here, in 1/90000 s.
func (p packet) pts() int64 {
	b := p.payload()[9:]
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

func packets(t *testing.T, segment []byte) []packet {
	t.Helper()
	if len(segment) == 0 || len(segment)%tsPacket != 0 {
		t.Fatalf("%d bytes are not whole packets", len(segment))
	}
	var all []packet
	for ; len(segment) > 0; segment = segment[tsPacket:] {
		if segment[0] != 0x47 {
			t.Fatalf("packet %d has no sync byte", len(all))
		}
		all = append(all, packet(segment[:tsPacket]))
	}
	return all
}

func TestClipSegmentsStartClean(t *testing.T) {
	t.Parallel()
	size := 0
	var firstPTS []int64
	for i, segment := range loadClip().stream {
		size += len(segment)
		all := packets(t, segment)
		for at, want := range []int{pidSDT, pidPAT, pidPMT, pidVideo} {
			if got := all[at].pid(); got != want {
				t.Errorf("seg%d: packet %d has PID %#x, want %#x", i, at, got, want)
			}
		}
		if !all[3].keyFrame() {
			t.Errorf("seg%d does not start with a key frame", i)
		}
		firstPTS = append(firstPTS, all[3].pts())
		frames := 0
		for _, p := range all {
			if p.pid() == pidVideo && p.starts() {
				frames++
			}
		}
		if frames != 24 {
			t.Errorf("seg%d has %d frames, want 24", i, frames)
		}
	}
	for i := 1; i < len(firstPTS); i++ {
		if got, want := firstPTS[i]-firstPTS[i-1], int64(90_000*clipDuration.Seconds()); got != want {
			t.Errorf("seg%d lasts %d ticks, want %d", i-1, got, want)
		}
	}
	if size > 400_000 {
		t.Errorf("the clip has %d bytes, want at most 400000", size)
	}
}

// TestClipCounters plays the clip twice: counters run on, and where the loop
// begins the jump is marked.
func TestClipCounters(t *testing.T) {
	t.Parallel()
	stream := loadClip().stream
	counters := map[int]byte{}
	for i, segment := range slices.Concat(stream[:], stream[:]) {
		for at, p := range packets(t, segment) {
			if !p.hasPayload() {
				continue
			}
			last, known := counters[p.pid()]
			counters[p.pid()] = p.counter()
			if known && !p.discontinuous() && p.counter() != (last+1)&0x0F {
				t.Errorf("seg%d, packet %d: counter of PID %#x goes from %d to %d", i%clipSegments, at, p.pid(), last, p.counter())
			}
		}
	}
}
