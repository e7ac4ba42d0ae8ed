// Make writes the databases beside it: `cd testdata/geoip/make && go run .`
//
// It is a module of its own so that hlspeer does not depend on what writes them.
package main

import (
	"log"
	"net/netip"
	"os"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

type (
	record = mmdbtype.Map
	text   = mmdbtype.String
)

func names(en, zh string) record {
	return record{"names": record{"en": text(en), "zh-CN": text(zh)}}
}

func main() {
	write("city.mmdb", "GeoLite2-City", map[string]record{
		"198.51.100.0/24": {
			"city":         names("Changsha", "长沙"),
			"country":      record{"iso_code": text("CN"), "names": record{"en": text("China")}},
			"subdivisions": mmdbtype.Slice{names("Hunan", "湖南"), names("District", "区")},
		},
		"203.0.113.0/24":  {"country": record{"iso_code": text("CH")}, "city": text("Bern"), "isp": mmdbtype.Uint32(7)},
		"2001:db8:7::/48": {"country": record{"iso_code": text("DE"), "names": record{"en": text("Germany")}}},
		"127.0.0.0/8":     {"country": record{"names": record{"en": text("Home")}}, "city": names("Loopback", "回")},
	})
	write("asn.mmdb", "GeoLite2-ASN", map[string]record{
		"198.51.100.0/25": {"autonomous_system_number": mmdbtype.Uint32(4134), "autonomous_system_organization": text("Chinanet")},
		"127.0.0.0/8":     {"autonomous_system_organization": text("Cable"), "city": names("Elsewhere", "")},
	})
}

func write(name, kind string, networks map[string]record) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: kind, BuildEpoch: 1_700_000_000, RecordSize: 24, IncludeReservedNetworks: true,
		Description: map[string]string{"en": "made up, for the tests of hlspeer"}, Languages: []string{"en", "zh-CN"},
	})
	check(err)
	for network, r := range networks {
		check(tree.Insert(netipx.PrefixIPNet(netip.MustParsePrefix(network)), r))
	}
	file, err := os.Create("../" + name)
	check(err)
	_, err = tree.WriteTo(file)
	check(err)
	check(file.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
