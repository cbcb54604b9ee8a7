package eventpattern_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/engine/eventpattern"
)

// orderEvent is a typical event of about 600 bytes and 16 fields.
func orderEvent(customer int) []byte {
	return fmt.Appendf(nil, `{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"OrderPlaced","source":"shop.orders.eu-%d",`+
		`"account":"111122223333","time":"2024-12-22T18:43:48Z","region":"us-east-1",`+
		`"resources":["arn:aws:events:us-east-1:111122223333:thing/i-1234567890abcdef0"],`+
		`"detail":{"customer":"customer-%05d","order":{"id":"o-918273645-%d","total":129.95,"currency":"EUR","express":true,"coupon":null},`+
		`"items":[{"sku":"sku-1","count":2},{"sku":"sku-2","count":1}],"file":"invoices/2024/12/report-%05d.pdf"}}`,
		customer%10, customer, customer, customer)
}

// rulePattern returns the i-th rule of a kind; only the order event of customer i meets it.
func rulePattern(kind string, i int) string {
	switch kind {
	case "exact":
		return fmt.Sprintf(`{"detail-type":["OrderPlaced"],"detail":{"customer":["customer-%05d"]}}`, i)
	case "prefix":
		return fmt.Sprintf(`{"detail-type":["OrderPlaced"],"detail":{"customer":[{"prefix":"customer-%05d"}]}}`, i)
	case "suffix":
		return fmt.Sprintf(`{"detail-type":["OrderPlaced"],"detail":{"file":[{"suffix":"-%05d.pdf"}]}}`, i)
	case "pairs":
		return fmt.Sprintf(`{"source":["shop.orders.eu-%d"],"detail":{"customer":["customer-%05d"],"order":{"total":[{"numeric":[">",100]}]}}}`, i%10, i)
	}
	return rulePattern([]string{"exact", "prefix", "suffix", "pairs"}[i%4], i)
}

func ruleSet(b *testing.B, kind string, n int) *eventpattern.Set[string] {
	b.Helper()
	set := new(eventpattern.Set[string])
	for i := range n {
		p, err := eventpattern.Compile([]byte(rulePattern(kind, i)))
		if err != nil {
			b.Fatal(err)
		}
		set.Put(fmt.Sprintf("rule-%d", i), p)
	}
	return set
}

// orderEvents returns events of which each meets one of n rules of a kind.
func orderEvents(n int) [][]byte {
	events := make([][]byte, 64)
	for i := range events {
		events[i] = orderEvent(i * 151 % n)
	}
	return events
}

// BenchmarkSet matches parsed events against sets of rules.
func BenchmarkSet(b *testing.B) {
	for _, kind := range []string{"exact", "prefix", "suffix", "pairs", "mixed"} {
		for _, n := range []int{10, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				set := ruleSet(b, kind, n)
				var events []*eventpattern.Event
				for _, source := range orderEvents(n) {
					e, err := eventpattern.ParseEvent(source)
					if err != nil {
						b.Fatal(err)
					}
					events = append(events, e)
				}
				ids := set.Match(events[0], nil) // builds the tree
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					ids = set.Match(events[i%len(events)], ids[:0])
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkParseAndSet includes flattening the event.
func BenchmarkParseAndSet(b *testing.B) {
	for _, kind := range []string{"exact", "prefix", "suffix", "mixed"} {
		for _, n := range []int{10, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				set := ruleSet(b, kind, n)
				events := orderEvents(n)
				var e eventpattern.Event
				ids := set.Match(&e, nil) // builds the tree
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := e.Parse(events[i%len(events)]); err != nil {
						b.Fatal(err)
					}
					ids = set.Match(&e, ids[:0])
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkParseEvent is flattening alone.
func BenchmarkParseEvent(b *testing.B) {
	source := orderEvent(7)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	var e eventpattern.Event
	for b.Loop() {
		if err := e.Parse(source); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneByOne matches the parsed event against each compiled pattern in turn.
func BenchmarkOneByOne(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var patterns []*eventpattern.Pattern
			for i := range n {
				p, err := eventpattern.Compile([]byte(rulePattern("mixed", i)))
				if err != nil {
					b.Fatal(err)
				}
				patterns = append(patterns, p)
			}
			e, err := eventpattern.ParseEvent(orderEvent(7))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			matched := 0
			for b.Loop() {
				for _, p := range patterns {
					if p.Match(e) {
						matched++
					}
				}
			}
		})
	}
}

// BenchmarkBuild puts rules into a set and matches once.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := ruleSet(b, "mixed", n)
			e := new(eventpattern.Event)
			extra, err := eventpattern.Compile([]byte(rulePattern("mixed", n)))
			if err != nil {
				b.Fatal(err)
			}
			b.Run("all", func(b *testing.B) {
				for b.Loop() {
					set = ruleSet(b, "mixed", n)
					set.Match(e, nil)
				}
			})
			b.Run("one", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					set.Put(fmt.Sprint("extra-", i%n), extra)
					set.Match(e, nil)
				}
			})
		})
	}
}

// BenchmarkNaive is what a simple server does: decode the event into maps, and walk each rule's decoded pattern.
func BenchmarkNaive(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var patterns []map[string]any
			for i := range n {
				var p map[string]any
				if err := json.Unmarshal([]byte(rulePattern("mixed", i)), &p); err != nil {
					b.Fatal(err)
				}
				patterns = append(patterns, p)
			}
			source := orderEvent(7)
			b.ReportAllocs()
			matched := 0
			for b.Loop() {
				var event map[string]any
				if err := json.Unmarshal(source, &event); err != nil {
					b.Fatal(err)
				}
				for _, p := range patterns {
					if walk(p, event) {
						matched++
					}
				}
			}
		})
	}
}

// walk matches the few operators of rulePattern on decoded JSON.
func walk(pattern, event map[string]any) bool {
	for key, want := range pattern {
		got, ok := event[key]
		if !ok {
			return false
		}
		if inner, ok := want.(map[string]any); ok {
			object, ok := got.(map[string]any)
			if !ok || !walk(inner, object) {
				return false
			}
			continue
		}
		met := false
		for _, alternative := range want.([]any) {
			met = met || walkTest(alternative, got)
		}
		if !met {
			return false
		}
	}
	return true
}

func walkTest(alternative, got any) bool {
	o, ok := alternative.(map[string]any)
	if !ok {
		return alternative == got
	}
	s, _ := got.(string)
	if p, ok := o["prefix"].(string); ok {
		return strings.HasPrefix(s, p)
	}
	if p, ok := o["suffix"].(string); ok {
		return strings.HasSuffix(s, p)
	}
	n, ok := got.(float64)
	return ok && n > o["numeric"].([]any)[1].(float64)
}
