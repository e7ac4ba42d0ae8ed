package tracker

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"hlspeer/signaling"
)

// testPlaces is a locator.
type testPlaces map[string]Place

func (p testPlaces) Locate(a netip.Addr) Place { return p[a.String()] }

var changsha = Place{"Chinanet", "China", "Hunan", "Changsha"}

// TestPlaceOf: what a peer says counts more than what is looked up.
func TestPlaceOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		enter   signaling.Enter
		located Place
		want    Place
	}{
		{"nothing", signaling.Enter{}, Place{}, Place{}},
		{"looked up", signaling.Enter{}, changsha, changsha},
		{"said", signaling.Enter{ISP: "mobile", Province: "Hubei"}, Place{}, Place{"mobile", "", "Hubei", ""}},
		{"another ISP", signaling.Enter{ISP: "mobile"}, changsha, Place{"mobile", "China", "Hunan", "Changsha"}},
		{"the same province", signaling.Enter{Province: "hunan"}, changsha, Place{"Chinanet", "China", "hunan", "Changsha"}},
		{"another province", signaling.Enter{Province: "Hubei"}, changsha, Place{"Chinanet", "China", "Hubei", ""}},
		{"a test", signaling.Enter{Test: true, ISP: "mobile"}, changsha, Place{ISP: "mobile"}},
		{"a test that says nothing", signaling.Enter{Test: true}, changsha, Place{}},
	} {
		if got := placeOf(tt.enter, tt.located); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	s := &Server{config: Config{Locator: testPlaces{"192.0.2.1": changsha, "fe80::1": changsha}}}
	for remote, want := range map[string]Place{
		"192.0.2.1:1": changsha, "[::ffff:192.0.2.1]:1": changsha, "[fe80::1%eth0]:1": changsha, "192.0.2.2:1": {}, "pipe": {}, "": {},
	} {
		if got := s.locate(remote); got != want {
			t.Errorf("%q: %+v", remote, got)
		}
	}
	if got := (&Server{}).locate("192.0.2.1:1"); got != (Place{}) {
		t.Errorf("without a locator: %+v", got)
	}
}

// TestLocatedPlacement: a candidate of the same ISP and province is near, whether
// it has said so or was looked up.
func TestLocatedPlacement(t *testing.T) {
	t.Parallel()
	r := testRoom(1)
	r.Step(0, Joined{Peer: "said", Enter: signaling.Enter{ISP: changsha.ISP, Province: changsha.Province}})
	r.Step(0, Joined{Peer: "located", Place: changsha})
	r.Step(0, Joined{Peer: "isp", Place: Place{ISP: changsha.ISP}})
	r.Step(0, Joined{Peer: "test", Enter: signaling.Enter{Test: true}, Place: changsha})
	r.Step(time.Second, Joined{Peer: "asker", Place: changsha})
	asker := r.peers["asker"]
	near := r.score(asker, r.peers["said"], 0, 1)
	for id, farther := range map[signaling.PeerID]float64{"located": 0, "isp": otherProvince, "test": otherISP + otherProvince} {
		if got := r.score(asker, r.peers[id], 0, 1) - near; got != farther {
			t.Errorf("%s is %v farther than one that says the same, want %v", id, got, farther)
		}
	}
}

// TestLocatedPeers: places of peers of both kinds, by the address of their socket
// or request.
func TestLocatedPeers(t *testing.T) {
	t.Parallel()
	far := changsha
	far.City = strings.Repeat("c", 2*maxInfo)
	s := start(t, func(c *Config) { c.Locator = testPlaces{"127.0.0.1": far} })
	v, _ := s.watch(testRoomName)
	far.City = far.City[:maxInfo]
	for _, tt := range []struct {
		enter string
		want  Place
	}{
		{`{"action":"enter"}`, far},
		{`{"action":"enter","ISP":"mobile"}`, Place{"mobile", far.Country, far.Province, far.City}},
		{`{"action":"enter","test":true,"province":"Hubei"}`, Place{Province: "Hubei"}},
	} {
		s.dial(schedulerPath(testRoomName), nil).sendText(tt.enter)
		m := v.update()
		joined, ok := m.(signaling.NodeJoin)
		if !ok {
			t.Fatalf("%+v", m)
		}
		i := joined.Node.Info
		if got := (Place{i.ISP, i.Country, i.Province, i.City}); got != tt.want || i.Address != "" {
			t.Errorf("%s: %+v, want %+v, and no address", tt.enter, got, tt.want)
		}
	}

	quiet, _ := s.announce(testHash, "")
	says, _ := s.announce(testHash, "&province=Hubei")
	s.server.swarms.mu.Lock()
	defer s.server.swarms.mu.Unlock()
	for id, want := range map[signaling.PeerID]Place{quiet: far, says: {far.ISP, far.Country, "Hubei", ""}} {
		if p := s.server.swarms.peers[id]; p.place != want || p.region != want.ISP+"\x00"+want.Province {
			t.Errorf("%+v, region %q, want %+v", p.place, p.region, want)
		}
	}
}
