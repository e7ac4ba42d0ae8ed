package main

import (
	"fmt"

	"hlspeer/peer"
	brain "hlspeer/peer/mesh"
)

// auditReasons are sentences for what a comparison with the HTTP source has led to.
var auditReasons = map[brain.Reason]string{
	peer.Polluted:  "what peers had brought differs from the HTTP source.",
	peer.Unaudited: "what peers had brought could not be compared with the HTTP source, and the peer was not known enough to be believed.",
}

// auditText says how the segment compared with the HTTP source; "" where nothing was
// compared.
func auditText(a *peer.AuditStory) string {
	if a == nil {
		return ""
	}
	cost := fmt.Sprintf("%s in %s", bytesOf(a.Bytes), count(a.Requests, "request"))
	var text string
	switch a.Result {
	case "passed":
		text = fmt.Sprintf("What peers had brought was compared with the HTTP source (%s), and is the same.", cost)
	case "failed":
		text = fmt.Sprintf("What peers had brought was compared with the HTTP source (%s), and is something else.", cost)
	case "skipped":
		text = fmt.Sprintf("What peers had brought was to be compared with the HTTP source (%s), which could not be done in time.", cost)
	default:
		text = fmt.Sprintf("What peers bring is being compared with the HTTP source (%s so far).", cost)
	}
	if a.Failed > 0 && a.Result != "failed" {
		text += fmt.Sprintf(" Before, %s brought something else.", count(a.Failed, "attempt"))
	}
	return text
}
