package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"hlspeer/signaling/tracker"
)

// geoip tells where addresses are from files in the format of MaxMind. What one
// does not tell the next one may.
type geoip []*maxminddb.Reader

var _ tracker.Locator = geoip(nil)

// openGeoip reads the files whole, so that they may be replaced while the tracker
// runs. The faults name every file that is none.
func openGeoip(files []string, f *faults) geoip {
	var g geoip
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.add("geoip", "%s: %v", name, reason(err))
			continue
		}
		db, err := maxminddb.OpenBytes(text)
		if err == nil {
			err = db.Lookup(netip.IPv4Unspecified()).Err() // the tree begins as it should
		}
		if err != nil {
			f.add("geoip", "%s: no database in the format of MaxMind: %v", name, err)
			continue
		}
		g = append(g, db)
	}
	return g
}

// Where databases keep what is looked for: those of MaxMind, and simpler ones that
// others make.
var (
	ispPaths      = [][]any{{"isp"}, {"autonomous_system_organization"}, {"as_name"}, {"organization"}}
	countryPaths  = [][]any{{"country", "names", "en"}, {"country", "iso_code"}, {"country"}}
	provincePaths = [][]any{{"subdivisions", 0, "names", "en"}, {"subdivisions", 0, "iso_code"}, {"region"}}
	cityPaths     = [][]any{{"city", "names", "en"}, {"city"}}
)

// Locate looks an address up.
func (g geoip) Locate(addr netip.Addr) tracker.Place {
	var p tracker.Place
	for _, db := range g {
		found := db.Lookup(addr)
		if found.Err() != nil || !found.Found() {
			continue
		}
		for _, want := range []struct {
			field *string
			paths [][]any
		}{{&p.ISP, ispPaths}, {&p.Country, countryPaths}, {&p.Province, provincePaths}, {&p.City, cityPaths}} {
			for _, path := range want.paths {
				if *want.field == "" {
					*want.field = geoText(found, path)
				}
			}
		}
	}
	return p
}

// geoText returns a text of a record; "" when it is not there, or something else.
func geoText(record maxminddb.Result, path []any) string {
	var text string
	if err := record.DecodePath(&text, path...); err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(text, ""))
}

// describe says in a word what a tracker knows of places.
func (g geoip) describe() string {
	var types []string
	for _, db := range g {
		types = append(types, fmt.Sprintf("%s of %s", db.Metadata.DatabaseType, db.Metadata.BuildTime().UTC().Format("2006-01-02")))
	}
	return strings.Join(types, ", ")
}
