//go:build !race

package eventpattern_test

import (
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// TestMatchAllocatesNothing guards the hottest path. The race detector empties pools at random, so it has no say here.
func TestMatchAllocatesNothing(t *testing.T) {
	var set eventpattern.Set[int]
	for i := range 100 {
		set.Put(i, compile(t, rulePattern("mixed", i)))
	}
	source := orderEvent(7)
	var e eventpattern.Event
	var ids []int
	p := compile(t, rulePattern("suffix", 7))
	got := testing.AllocsPerRun(100, func() {
		if err := e.Parse(source); err != nil {
			t.Fatal(err)
		}
		ids = set.Match(&e, ids[:0])
		p.Match(&e)
	})
	if got >= 1 { // a collection may empty the pool
		t.Errorf("%v allocations an event, want none", got)
	}
}
