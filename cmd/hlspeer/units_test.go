package main

import "testing"

func TestUnits(t *testing.T) {
	var rate rateValue
	var size sizeValue
	var wait autoDuration
	var part shareValue
	type value interface {
		Set(string) error
		String() string
	}
	tests := []struct {
		v        value
		in, want string // want "": a fault
	}{
		{&rate, "4Mbps", "4Mbps"},
		{&rate, "0.5mbps", "500kbps"},
		{&rate, "1234567", "1234567"},
		{&rate, "0", "0"},
		{&rate, " 2 Gbps ", "2Gbps"},
		{&rate, "-1", ""},
		{&rate, "4MB", ""},
		{&rate, "NaN", ""},
		{&rate, "1e300", ""},
		{&rate, "", ""},
		{&rate, "Mbps", ""},
		{&size, "64MiB", "64MiB"},
		{&size, "16KiB", "16KiB"},
		{&size, "1000", "1kB"},
		{&size, "1.5GiB", "1536MiB"},
		{&size, "10B", "10"},
		{&size, "64Mbps", ""},
		{&size, "lots", ""},
		{&wait, "auto", "auto"},
		{&wait, "2s", "2s"},
		{&wait, "0", ""},
		{&wait, "-2s", ""},
		{&wait, "2", ""},
		{&part, "5%", "5%"},
		{&part, " 0.5 %", "0.5%"},
		{&part, "0", "0%"},
		{&part, "100%", "100%"},
		{&part, "101%", ""},
		{&part, "-1%", ""},
		{&part, "5", ""},
		{&part, "NaN%", ""},
		{&part, "", ""},
	}
	for _, tt := range tests {
		err := tt.v.Set(tt.in)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%T %q: taken as %s, want a fault", tt.v, tt.in, tt.v)
		case tt.want != "" && (err != nil || tt.v.String() != tt.want):
			t.Errorf("%T %q: %s (%v), want %s", tt.v, tt.in, tt.v, err, tt.want)
		}
	}
}
