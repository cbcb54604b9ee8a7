package pebblekv_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/kvtest"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"
)

func open(t *testing.T) kv.Store {
	t.Helper()
	s, err := pebblekv.Open(pebblekv.Options{Dir: "data", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) { kvtest.Run(t, open) }
