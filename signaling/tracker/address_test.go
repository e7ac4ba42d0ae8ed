package tracker

import "testing"

func TestNetwork(t *testing.T) {
	t.Parallel()
	cases := []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		{"[2001:db8::1]:1", "[2001:db8::ffff:2]:1", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%eth0]:1", "[fe80::2%eth1]:1", true},
		{"pipe", "", true},
		{"pipe", "192.0.2.1:1", false},
	}
	for _, c := range cases {
		if same := network(c.a) == network(c.b); same != c.same {
			t.Errorf("%s and %s: counted together %v, want %v", c.a, c.b, same, c.same)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	a := newAddresses(2)
	first, _ := a.take("192.0.2.1:1")
	if _, ok := a.take("192.0.2.1:2"); !ok {
		t.Fatal("second refused")
	}
	if _, ok := a.take("192.0.2.1:3"); ok {
		t.Fatal("third accepted")
	}
	if _, ok := a.take("192.0.2.2:1"); !ok {
		t.Fatal("another address refused")
	}
	first()
	release, ok := a.take("192.0.2.1:4")
	if !ok {
		t.Fatal("refused after a release")
	}
	release()
	if n := a.held[network("192.0.2.1:1")]; n != 1 {
		t.Errorf("%d held", n)
	}
}
