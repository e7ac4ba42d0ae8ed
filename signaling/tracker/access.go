package tracker

import (
	"errors"

	"hlspeer/signaling/access"
)

// pageCookie holds what a page shows instead of the token.
const pageCookie = "hlspeer_page"

var (
	errNoPage = errors.New("this is open on the tracker's own machine only: to look from elsewhere, start the tracker with --page-token TOKEN " +
		"and come with that token, as Authorization: Bearer TOKEN or once as ?token=TOKEN")
	errPageToken = errors.New("this needs the tracker's page token, as Authorization: Bearer TOKEN or once as ?token=TOKEN")
)

// pageGate lets in who may look at channels.
func pageGate(token string) access.Gate {
	return access.Gate{Token: token, Cookie: pageCookie, Closed: errNoPage, Wrong: errPageToken}
}
