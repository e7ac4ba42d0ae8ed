package main

import (
	"strings"
	"testing"
)

// TestICEPolicy: a policy that cannot be kept ends with a sentence about it.
func TestICEPolicy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string // "": nothing is said of it
	}{
		{nil, ""},
		{[]string{"--ice-policy", "all"}, ""},
		{[]string{"--ice-policy", "lan"}, ""},
		{[]string{"--ice-policy", "lan", "--advertise", "192.168.1.5"}, ""},
		{[]string{"--ice-policy", "lan", "--advertise", "203.0.113.5"}, "--ice-policy lan: --advertise 203.0.113.5"},
		{[]string{"--ice-policy", "relay"}, "--ice-policy relay: give a TURN server"},
		{[]string{"--ice-policy", "relay", "--stun", "stun:h:3478"}, "--ice-policy relay: give a TURN server"},
		{[]string{"--ice-policy", "relay", "--turn", "turn:u:p@h:3478"}, ""},
		{[]string{"--ice-policy", "none"}, `--ice-policy "none": want all, lan or relay`},
	} {
		// The faulty engine ends each of them before anything begins.
		got := execute(t.Context(), append([]string{"peer", "http://127.0.0.1:1/a.m3u8", "--engine", "x"}, tt.args...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, tt.want) || tt.want == "" && strings.Contains(got.stderr, "policy") {
			t.Errorf("%q: %+v", tt.args, got)
		}
	}
}
