package memkv

import (
	"testing"

	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/kvtest"
)

func TestConformance(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Store { return New(clock.New()) })
}

func BenchmarkStore(b *testing.B) {
	kvtest.Bench(b, func(*testing.B) kv.Store { return New(clock.New()) })
}
