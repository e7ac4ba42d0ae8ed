package main

import (
	"testing"

	"hlspeer/peer"
)

func TestAuditText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		audit *peer.AuditStory
		want  string
	}{
		{nil, ""},
		{&peer.AuditStory{Result: "passed", Requests: 3, Bytes: 9000}, "What peers had brought was compared with the HTTP source (9000 bytes in 3 requests), and is the same."},
		{&peer.AuditStory{Result: "failed", Failed: 1, Requests: 1, Bytes: 1}, "What peers had brought was compared with the HTTP source (1 byte in 1 request), and is something else."},
		{
			&peer.AuditStory{Result: "passed", Failed: 2, Requests: 3, Bytes: 9000},
			"What peers had brought was compared with the HTTP source (9000 bytes in 3 requests), and is the same. Before, 2 attempts brought something else.",
		},
		{&peer.AuditStory{Result: "skipped", Requests: 1}, "What peers had brought was to be compared with the HTTP source (0 bytes in 1 request), which could not be done in time."},
		{&peer.AuditStory{Requests: 1, Bytes: 5}, "What peers bring is being compared with the HTTP source (5 bytes in 1 request so far)."},
	} {
		if got := auditText(c.audit); got != c.want {
			t.Errorf("%+v: %q", c.audit, got)
		}
	}
	for why := range auditReasons {
		if text := reasonText(string(why)); text != auditReasons[why] {
			t.Errorf("%s: %q", why, text)
		}
	}
}
