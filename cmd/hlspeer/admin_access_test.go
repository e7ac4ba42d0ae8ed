package main

import (
	"strings"
	"testing"
)

// TestAdminElsewhere: an admin address that other machines reach wants a token.
func TestAdminElsewhere(t *testing.T) {
	t.Parallel()
	token, empty := written(t, "a long token\n"), written(t, "\n")
	for _, tt := range []struct {
		args []string
		want string // what the complaint says; "": there is none about admin
	}{
		{[]string{"--admin", "127.0.0.1:0"}, ""},
		{[]string{"--admin", "[::1]:0"}, ""},
		{[]string{"--admin", "localhost:0"}, ""},
		{[]string{"--admin", "off"}, ""},
		{[]string{"--admin", ":0"}, "--admin-token-file"},
		{[]string{"--admin", "0.0.0.0:0"}, "--admin-token-file"},
		{[]string{"--admin", "[::]:0"}, "--admin-token-file"},
		{[]string{"--admin", "192.0.2.1:0"}, "--admin-token-file"},
		{[]string{"--admin", ":0", "--admin-token-file", token}, ""},
		{[]string{"--admin", ":0", "--admin-token", "a long token"}, ""},
		{[]string{"--admin", ":0", "--admin-token", "short"}, "--admin-token has less than 8"},
		{[]string{"--admin", ":0", "--admin-token-file", empty}, "no token in it"},
		{[]string{"--admin", ":0", "--admin-token-file", token + "-gone"}, "no such file"},
	} {
		// The faulty engine ends each of them before anything begins.
		got := execute(t.Context(), append([]string{"peer", "http://127.0.0.1:1/a.m3u8", "--engine", "x"}, tt.args...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, tt.want) || tt.want == "" && strings.Contains(got.stderr, "admin") {
			t.Errorf("%q: %+v", tt.args, got)
		}
		if strings.Contains(got.stderr, "a long token") {
			t.Errorf("%q: the token is shown", tt.args)
		}
	}
}
