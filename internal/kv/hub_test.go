package kv

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// woken returns which listeners have a wake-up pending, and takes it.
func woken(listeners []*Listener) []int {
	var out []int
	for i, l := range listeners {
		select {
		case <-l.C:
			out = append(out, i)
		default:
		}
	}
	return out
}

func listen(h *Hub, topic string, n int) []*Listener {
	var out []*Listener
	for range n {
		out = append(out, h.Listen(topic))
	}
	return out
}

func TestHubWakesTheLongestWaiting(t *testing.T) {
	var h Hub
	h.Wake("a", 1) // nobody waits
	ls := listen(&h, "a", 4)
	other := listen(&h, "b", 1)
	h.Wake("a", 2)
	if got := woken(ls); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("Wake(2) woke %v, want the first two", got)
	}
	h.Wake("a", 1)
	h.Wake("a", 2) // the first has not taken its wake-up, so these go to the next
	if got := woken(ls); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("Wake(1) and Wake(2) woke %v, want the first three", got)
	}
	h.Wake("a", 100)
	if got := woken(ls); len(got) != 4 {
		t.Errorf("Wake(100) woke %v, want all", got)
	}
	if got := woken(other); got != nil {
		t.Errorf("another topic's listener was woken")
	}
}

func TestHubPassesTheBaton(t *testing.T) {
	var h Hub
	ls := listen(&h, "a", 3)
	h.Wake("a", 1)
	ls[0].Close() // without taking it
	if got := woken(ls[1:]); !slices.Equal(got, []int{0}) {
		t.Errorf("after Close, %v of the others are woken; want the next", got)
	}
	h.Wake("a", 2)
	ls[1].Close() // the third is woken already
	if got := woken(ls[2:]); !slices.Equal(got, []int{0}) {
		t.Errorf("the third is not woken")
	}
	ls[2].Close()
	if len(h.topics) != 0 {
		t.Errorf("%d topics are left", len(h.topics))
	}
}

func TestHubPassesNothingWhenTaken(t *testing.T) {
	var h Hub
	ls := listen(&h, "a", 2)
	h.Wake("a", 1)
	<-ls[0].C
	ls[0].Close()
	if got := woken(ls[1:]); got != nil {
		t.Errorf("a wake-up that was taken was passed on")
	}
}

// TestHubLosesNothing has consumers that give up at any time; each item must be taken as long as somebody waits.
func TestHubLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		var mu sync.Mutex
		items := 0
		take := func() bool {
			mu.Lock()
			defer mu.Unlock()
			if items == 0 {
				return false
			}
			items--
			return true
		}
		taken := make(chan struct{})
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for i := range 8 {
			wg.Go(func() {
				for n := 0; ; n++ {
					l := h.Listen("q")
					for !take() {
						select {
						case <-l.C:
							if (i+n)%3 == 0 {
								l.Close() // give up after the wake-up: whoever takes one looks, so look again
								l = h.Listen("q")
							}
							continue
						case <-stop:
							l.Close()
							return
						}
					}
					l.Close()
					taken <- struct{}{}
				}
			})
		}
		for i := range 300 {
			n := i%5 + 1
			mu.Lock()
			items += n
			mu.Unlock()
			h.Wake("q", n)
			for range n {
				<-taken
			}
		}
		close(stop)
		wg.Wait()
		if items != 0 || len(h.topics) != 0 {
			t.Errorf("%d items and %d topics are left", items, len(h.topics))
		}
	})
}

func BenchmarkHubWake(b *testing.B) {
	var h Hub
	for i := range 100 {
		defer h.Listen(fmt.Sprint(i)).Close()
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Wake("nobody", 1)
	}
}
