package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The flag types below read what people write: 4Mbps, 64MiB, auto.

// unit is a suffix and what it multiplies by; longer suffixes come first.
type unit struct {
	suffix string
	factor float64
}

var (
	rateUnits = []unit{{"gbps", 1e9}, {"mbps", 1e6}, {"kbps", 1e3}, {"bps", 1}, {"", 1}}
	sizeUnits = []unit{
		{"gib", 1 << 30},
		{"mib", 1 << 20},
		{"kib", 1 << 10},
		{"gb", 1e9},
		{"mb", 1e6},
		{"kb", 1e3},
		{"b", 1},
		{"", 1},
	}
)

func parseUnit(s string, units []unit, example string) (int64, error) {
	low := strings.ToLower(strings.TrimSpace(s))
	for _, u := range units {
		digits, ok := strings.CutSuffix(low, u.suffix)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || math.IsNaN(f) || f < 0 || f*u.factor > 1<<53 {
			break
		}
		return int64(math.Round(f * u.factor)), nil
	}
	return 0, fmt.Errorf("%q: want something like %s", s, example)
}

func formatUnit(n int64, units []unit, names []string) string {
	for i, u := range units {
		if u.factor > 1 && n >= int64(u.factor) && math.Mod(float64(n), u.factor) == 0 {
			return strconv.FormatInt(n/int64(u.factor), 10) + names[i]
		}
	}
	return strconv.FormatInt(n, 10)
}

// rateValue is a flag in bit/s.
type rateValue int64

func (v *rateValue) Set(s string) error {
	n, err := parseUnit(s, rateUnits, "4Mbps or 500kbps")
	*v = rateValue(n)
	return err
}

func (v *rateValue) String() string {
	return formatUnit(int64(*v), rateUnits, []string{"Gbps", "Mbps", "kbps", "bps", "bps"})
}
func (v *rateValue) Type() string { return "rate" }

// ratesValue is a flag with several rates in bit/s, separated by commas.
type ratesValue []int64

func (v *ratesValue) Set(s string) error {
	*v = nil
	for part := range strings.SplitSeq(s, ",") {
		var one rateValue
		if err := one.Set(part); err != nil {
			return err
		}
		*v = append(*v, int64(one))
	}
	return nil
}

func (v *ratesValue) String() string {
	var parts []string
	for _, n := range *v {
		one := rateValue(n)
		parts = append(parts, one.String())
	}
	return strings.Join(parts, ",")
}
func (v *ratesValue) Type() string { return "rates" }

// sizeValue is a flag in bytes.
type sizeValue int64

func (v *sizeValue) Set(s string) error {
	n, err := parseUnit(s, sizeUnits, "64MiB or 16KiB")
	*v = sizeValue(n)
	return err
}

func (v *sizeValue) String() string {
	return formatUnit(int64(*v), sizeUnits, []string{"GiB", "MiB", "KiB", "GB", "MB", "kB", "B", "B"})
}
func (v *sizeValue) Type() string { return "size" }

// shareValue is a flag with a share, 0 to 1, that is written as 5%.
type shareValue float64

func (v *shareValue) Set(s string) error {
	digits, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || !(0 <= f && f <= 100) || !percent && f != 0 {
		return fmt.Errorf("%q: want a share from 0%% to 100%%, such as 5%%", s)
	}
	*v = shareValue(f / 100)
	return nil
}

func (v *shareValue) String() string { return strconv.FormatFloat(100*float64(*v), 'g', 6, 64) + "%" }
func (v *shareValue) Type() string   { return "share" }

// autoDuration is a duration flag whose 0 is written "auto".
type autoDuration time.Duration

func (v *autoDuration) Set(s string) error {
	if s == "auto" {
		*v = 0
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q: want a duration like 3s, or auto", s)
	}
	*v = autoDuration(d)
	return nil
}

func (v *autoDuration) String() string {
	if *v == 0 {
		return "auto"
	}
	return time.Duration(*v).String()
}
func (v *autoDuration) Type() string { return "duration" }
