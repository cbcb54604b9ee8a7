package sqs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Receives that come while another one looks are served together by the next, in the order in which they came.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gather
		var mu sync.Mutex
		var served [][]*looker
		hold := make(chan struct{})
		look := func(ctx context.Context) *looker {
			l := &looker{ctx: ctx}
			go g.look(l, func(all []*looker) {
				mu.Lock()
				served = append(served, slices.Clone(all))
				mu.Unlock()
				<-hold
			})
			synctest.Wait()
			return l
		}
		first := look(t.Context())
		second := look(t.Context())
		gone, leave := context.WithCancel(t.Context())
		third := look(gone)
		fourth := look(t.Context())
		leave()
		synctest.Wait()
		if !errors.Is(third.err, context.Canceled) {
			t.Errorf("a receive whose caller has gone ended with %v, want context.Canceled", third.err)
		}
		hold <- struct{}{}
		synctest.Wait()
		fifth := look(t.Context())
		close(hold)
		synctest.Wait()
		want := [][]*looker{{first}, {second, fourth}, {fifth}}
		if !slices.EqualFunc(served, want, slices.Equal) {
			t.Errorf("served %v, want %v", served, want)
		}
		if g.busy || len(g.waiting) > 0 {
			t.Errorf("busy %t with %d waiting after all were served", g.busy, len(g.waiting))
		}
	})
}

// At most maxTogether receives look at once, and a panic in one transaction does not stop those who wait.
func TestGatherBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gather
		hold := make(chan struct{})
		most, count := 0, 0
		var mu sync.Mutex
		for i := range 3 * maxTogether {
			go func() {
				defer func() { _ = recover() }()
				g.look(&looker{ctx: t.Context()}, func(all []*looker) {
					<-hold
					mu.Lock()
					most, count = max(most, len(all)), count+len(all)
					mu.Unlock()
					if i == 0 {
						panic("of the first")
					}
				})
			}()
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		close(hold)
		synctest.Wait()
		if most != maxTogether || count != 3*maxTogether {
			t.Errorf("%d served, at most %d at once; want %d and %d", count, most, 3*maxTogether, maxTogether)
		}
	})
}
