package mesh

import (
	"strings"
	"testing"
	"time"
)

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	bad := Config{Substreams: 33, MaxChildren: -1, P2PDeadline: -1, Uplink: -1, Quarantine: time.Hour, MaxQuarantine: time.Minute}
	err := bad.Validate()
	if err == nil {
		t.Fatal("a bad configuration passes")
	}
	for _, name := range []string{
		"substreams 33", "max children -1", "max parents 0", "uplink -1", "P2P deadline", "answer timeout", "dial timeout", "max quarantine",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q is not named in %q", name, err)
		}
	}
}

func TestNewFastmeshWantsAValidConfig(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewFastmesh(Config{})
}
