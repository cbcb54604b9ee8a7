package eventpattern_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

func TestSet(t *testing.T) {
	var set eventpattern.Set[string]
	e := parseEvent(t, `{"source":"shop","n":5}`)
	check := func(want ...string) {
		t.Helper()
		if got := set.Match(e, nil); !slices.Equal(got, want) {
			t.Errorf("Match = %v, want %v", got, want)
		}
		if want := len(want); set.Len() < want {
			t.Errorf("Len = %d, want at least %d", set.Len(), want)
		}
	}
	check()
	set.Remove("nothing")
	set.Put("b", compile(t, `{"source":["shop"]}`))
	check("b")
	set.Put("a", compile(t, `{"source":[{"prefix":"sh"}],"n":[{"numeric":["<",6]}]}`))
	check("b", "a")
	set.Put("b", compile(t, `{"source":["bank"]}`)) // replaced
	check("a")
	set.Put("b", compile(t, `{"$or":[{"source":["shop"]},{"n":[5]}]}`)) // met in two ways, found once
	check("a", "b")
	set.Remove("a")
	check("b")
	if got := set.Match(e, []string{"before"}); !slices.Equal(got, []string{"before", "b"}) {
		t.Errorf("Match appends to %v", got)
	}
}

// TestSetThroughMerges changes a set often enough that its trees are merged several times.
func TestSetThroughMerges(t *testing.T) {
	var set eventpattern.Set[int]
	want := map[int]bool{}
	pattern := func(i int) *eventpattern.Pattern { return compile(t, fmt.Sprintf(`{"n":[%d,%d]}`, i%7, i%5+7)) }
	for i := range 2000 {
		id := i * 37 % 500
		set.Put(id, pattern(i))
		want[id] = i%7 == 3
		if i%3 == 0 {
			set.Remove(i * 11 % 500)
			delete(want, i*11%500)
		}
		if i%10 != 0 {
			continue
		}
		got := set.Match(parseEvent(t, `{"n":3}`), nil)
		if len(got) != len(slices.Compact(slices.Sorted(slices.Values(got)))) {
			t.Fatalf("after %d changes: %v has repetitions", i, got)
		}
		for id, matches := range want {
			if slices.Contains(got, id) != matches {
				t.Fatalf("after %d changes: pattern %d found: %t, want %t", i, id, !matches, matches)
			}
		}
		for _, id := range got {
			if !want[id] {
				t.Fatalf("after %d changes: pattern %d found, want not", i, id)
			}
		}
	}
	if set.Len() != len(want) {
		t.Errorf("Len = %d, want %d", set.Len(), len(want))
	}
}

func TestSetIsSafeForConcurrentUse(t *testing.T) {
	var set eventpattern.Set[int]
	always := compile(t, `{"n":[{"exists":true}]}`)
	set.Put(-1, always)
	e := parseEvent(t, `{"n":1,"a":[{"b":1},{"c":2}]}`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				if !slices.Contains(set.Match(e, nil), -1) {
					t.Error("a pattern that is always there was not found")
					return
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 300 {
			set.Put(i%50, always)
			set.Remove(i % 50 / 2)
		}
	})
	wg.Wait()
}
