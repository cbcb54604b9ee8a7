package sqs

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
)

// postAll sends messages of one group to a standard queue. Their bodies are the group and numbers from a first one on.
func (f *fixture) postAll(url, group string, first, n int) {
	f.t.Helper()
	for n > 0 {
		in := &sqsapi.SendMessageBatchInput{QueueUrl: url}
		for range min(n, 10) {
			e := sqsapi.SendMessageBatchRequestEntry{Id: strconv.Itoa(first), MessageBody: group + strconv.Itoa(first)}
			if group != "" {
				e.MessageGroupId = &group
			}
			in.Entries = append(in.Entries, e)
			first++
		}
		n -= len(in.Entries)
		if out, err := f.SendMessageBatch(f.ctx, in); err != nil || len(out.Failed) > 0 {
			f.t.Fatalf("SendMessageBatch: %+v, %v", out, err)
		}
	}
}

// getAll receives a number of messages, ten at a time.
func (f *fixture) getAll(url string, n int) []sqsapi.Message {
	f.t.Helper()
	var all []sqsapi.Message
	for len(all) < n {
		got := f.get(url, int32(min(n-len(all), 10)))
		if len(got) == 0 {
			f.t.Fatalf("received %d messages, want %d", len(all), n)
		}
		all = append(all, got...)
	}
	return all
}

func (f *fixture) dropAll(url string, messages []sqsapi.Message) {
	f.t.Helper()
	for batch := range slices.Chunk(messages, 10) {
		in := &sqsapi.DeleteMessageBatchInput{QueueUrl: url}
		for i, m := range batch {
			in.Entries = append(in.Entries, sqsapi.DeleteMessageBatchRequestEntry{Id: strconv.Itoa(i), ReceiptHandle: *m.ReceiptHandle})
		}
		if out, err := f.DeleteMessageBatch(f.ctx, in); err != nil || len(out.Failed) > 0 {
			f.t.Fatalf("DeleteMessageBatch: %+v, %v", out, err)
		}
	}
}

// checkFair checks the rows of a queue: each visible message of a standard queue has one row in the ready index or one in
// its tenant's parked rows, and the tenants' counters agree with the states.
func (f *fixture) checkFair(url string) {
	f.t.Helper()
	err := f.db.View(f.ctx, func(r kv.Reader) error {
		q := f.queueIn(r, url)
		valid := map[messageID]int{}
		rows := func(prefix kv.Key, parked bool) {
			for key, value := range r.Scan(kv.Prefix(prefix)) {
				var row readyRow
				if err := row.decode(value); err != nil {
					f.t.Fatal(err)
				}
				if parked && row.tenant != q.parkedTenant(key) {
					f.t.Errorf("%s: %s lies in the rows of tenant %d, and is of %d", url, row.id, q.parkedTenant(key), row.tenant)
				}
				st, err := q.loadState(r, row.id)
				if err != nil {
					f.t.Fatal(err)
				}
				if st == nil && row.turn == 0 || st != nil && st.place == placeReady && st.turn == row.turn {
					valid[row.id]++
				}
			}
		}
		rows(q.ready, false)
		rows(q.parked, true)
		inFlight := map[tenant]int64{}
		for key, value := range r.Scan(kv.Prefix(q.messages)) {
			var m message
			if err := m.decode(value); err != nil {
				f.t.Fatal(err)
			}
			st, err := q.loadState(r, m.id)
			if err != nil {
				f.t.Fatal(err)
			}
			if visible := st == nil || st.place == placeReady; !q.fifo && visible != (valid[m.id] == 1) || valid[m.id] > 1 {
				f.t.Errorf("%s: visible %v, and %d ready rows of %s", url, visible, valid[m.id], key)
			}
			if !q.fifo && st != nil && st.tenant != tenantOf(m.group) {
				f.t.Errorf("%s: tenant %d of group %q, want %d", url, st.tenant, m.group, tenantOf(m.group))
			}
			if st != nil && st.place == placeInFlight && st.tenant != 0 {
				inFlight[st.tenant]++
			}
		}
		for key, value := range r.Scan(kv.Prefix(q.tenants)) {
			t := tenant(key[len(q.tenants):].Parts().Uint64())
			if n := kv.Int64(value); n != inFlight[t] {
				f.t.Errorf("%s: counter of tenant %d is %d, want %d", url, t, n, inFlight[t])
			}
			delete(inFlight, t)
		}
		if len(inFlight) > 0 {
			f.t.Errorf("%s: no counters for %v", url, inFlight)
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) queueIn(r kv.Reader, url string) *queue {
	f.t.Helper()
	ref, err := resolve(f.ctx, url)
	if err != nil {
		f.t.Fatal(err)
	}
	q, err := f.queue(r, ref)
	if err != nil {
		f.t.Fatal(err)
	}
	return q
}

// parkedRows returns how many rows are parked.
func (f *fixture) parkedRows(url string) (n int) {
	f.t.Helper()
	err := f.db.View(f.ctx, func(r kv.Reader) error {
		for range r.Scan(kv.Prefix(f.queueIn(r, url).parked)) {
			n++
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func groupOf(m sqsapi.Message) string { return m.Attributes["MessageGroupId"] }

// A message of a quiet tenant is received long before the backlog of a noisy one that was sent before it, and everything is
// received once.
func TestNoisyNeighbor(t *testing.T) {
	const inFlight, backlog = 1000, 2000
	onEachEngine(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "noisy", 0, inFlight)
		held := f.getAll(url, inFlight)
		f.postAll(url, "noisy", inFlight, backlog)
		f.postAll(url, "quiet", 0, 1)
		seen := map[string]bool{}
		last, at := -1, 0
		for n := 1; len(seen) <= backlog; n++ {
			got := f.get(url, 1)
			if len(got) != 1 || seen[*got[0].Body] {
				f.t.Fatalf("receive %d: %q", n, bodiesOf(got))
			}
			seen[*got[0].Body] = true
			if n == 3 && len(f.parkedTenants(url)) != 1 {
				f.t.Errorf("nothing is parked after %d receives", n)
			}
			if groupOf(got[0]) == "quiet" {
				at = n
			} else {
				number, err := strconv.Atoi((*got[0].Body)[len("noisy"):])
				if err != nil || number <= last {
					f.t.Fatalf("received %s after noisy%d", *got[0].Body, last)
				}
				last = number
			}
			held = append(held, got...)
		}
		if want := backlog/maxAside + 1; at == 0 || at > want {
			f.t.Errorf("the quiet tenant's message came with receive %d, want at most %d", at, want)
		}
		f.want(url)
		f.counts(url, 0, inFlight+backlog+1, 0)
		f.checkFair(url)
		f.dropAll(url, held)
		f.checkFair(url)
		f.checkCounts(url)
		f.counts(url, 0, 0, 0)
	})
}

func (f *fixture) parkedTenants(url string) []parkedTenant {
	f.t.Helper()
	ref, err := resolve(f.ctx, url)
	if err != nil {
		f.t.Fatal(err)
	}
	known, _ := f.heads.of(f.cache.get(ref).id).parkedTenants(time.Now())
	return known
}

// Once the quiet tenants' message is at hand it is the next to be received, as often as one comes.
func TestQuietTenantsGoFirst(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "noisy", 0, 500)
		f.getAll(url, 100)
		for i := range 20 {
			f.postAll(url, fmt.Sprint("quiet-", i, "-"), 0, 1)
			f.postAll(url, "", i, 1)
			if i < 3 {
				f.getAll(url, 10) // which parks the backlog
				continue
			}
			f.want(url, append([]string{fmt.Sprint("quiet-", i, "-0"), fmt.Sprint(i)}, f.nextNoisy(url, 8)...)...)
			f.checkFair(url)
		}
	})
}

// nextNoisy returns the bodies of the noisy messages that come next.
func (f *fixture) nextNoisy(url string, n int) []string {
	f.t.Helper()
	first := 500
	err := f.db.View(f.ctx, func(r kv.Reader) error {
		q := f.queueIn(r, url)
		for _, value := range r.Scan(kv.Prefix(q.messages)) {
			var m message
			if err := m.decode(value); err != nil {
				return err
			}
			st, err := q.loadState(r, m.id)
			if err != nil {
				return err
			}
			if m.group == "noisy" && (st == nil || st.place == placeReady) {
				number, err := strconv.Atoi(string(m.body[len("noisy"):]))
				first = min(first, number)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	var bodies []string
	for i := range n {
		bodies = append(bodies, fmt.Sprint("noisy", first+i))
	}
	return bodies
}

// With one group nothing changes: messages come in order, and what is not received stays where it is if there is little.
func TestOneGroup(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "g", 0, 600)
		for i := 0; i < 600; i += 10 {
			got := bodiesOf(f.get(url, 10))
			for j := range 10 {
				if len(got) != 10 || got[j] != fmt.Sprint("g", i+j) {
					f.t.Fatalf("received %q, want g%d and so on", got, i)
				}
			}
			f.checkFair(url)
		}
		for i := 600; i < 700; i += 5 { // a queue that is never long
			f.postAll(url, "g", i, 5)
			f.want(url, fmt.Sprint("g", i), fmt.Sprint("g", i+1), fmt.Sprint("g", i+2), fmt.Sprint("g", i+3), fmt.Sprint("g", i+4))
			if n := f.parkedRows(url); n != 0 {
				f.t.Fatalf("%d rows were parked for nothing", n)
			}
		}
	})
}

// A tenant is noisy with 30 messages in flight and more than a tenth of all, not before.
func TestNoisyThresholds(t *testing.T) {
	for _, c := range []struct {
		own, others int
		noisy       bool
	}{{29, 0, false}, {30, 0, true}, {30, 269, true}, {30, 270, false}, {31, 270, true}} {
		t.Run(fmt.Sprint(c.own, "of", c.own+c.others), func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				url := f.create("q", "VisibilityTimeout", "3600")
				f.postAll(url, "", 0, c.others)
				f.getAll(url, c.others)
				f.postAll(url, "g", 0, c.own)
				f.getAll(url, c.own)
				f.postAll(url, "g", c.own, 1)
				f.postAll(url, "other", 0, 1)
				want := fmt.Sprint("g", c.own)
				if c.noisy {
					want = "other0"
				}
				if got := bodiesOf(f.get(url, 1)); fmt.Sprint(got) != "["+want+"]" {
					f.t.Errorf("received %q, want %s", got, want)
				}
			})
		})
	}
}

// Of two noisy tenants the one with fewer messages in flight goes first, until both have as many.
func TestNoisyTenantsShare(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "a", 0, 100)
		f.getAll(url, 100)
		f.postAll(url, "b", 0, 60)
		f.getAll(url, 60)
		f.postAll(url, "a", 100, 300)
		f.postAll(url, "b", 60, 300)
		count := map[string]int{}
		for range 12 {
			for _, m := range f.get(url, 10) {
				count[groupOf(m)]++
			}
		}
		if count["b"] < 70 || count["a"] < 20 || count["a"]+count["b"] != 120 {
			f.t.Errorf("received %v, want 40 more of b than of a", count)
		}
		f.checkFair(url)
	})
}

// A tenant that is not noisy any more does not wait behind those who came later.
func TestNoisyTenantBecomesQuiet(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "a", 0, 400)
		held := f.getAll(url, 100)
		f.postAll(url, "b", 0, 1)
		held = append(held, f.getAll(url, 20)...)
		f.postAll(url, "", 0, 100)
		f.postAll(url, "a", 400, 5)
		if f.parkedRows(url) == 0 {
			f.t.Fatal("nothing is parked")
		}
		next := f.get(url, 1)
		if groupOf(next[0]) != "" {
			f.t.Errorf("received %q while a is noisy", *next[0].Body)
		}
		f.dropAll(url, append(held, next...))
		for i := range 29 {
			if got, want := bodiesOf(f.get(url, 1)), fmt.Sprint("[a", 119+i, "]"); fmt.Sprint(got) != want {
				f.t.Fatalf("received %q, want %s", got, want)
			}
		}
		f.checkFair(url)
	})
}

// Parked messages expire, are purged, become dead letters, are moved, and go with their queue.
func TestParkedMessages(t *testing.T) {
	noise := func(f *fixture, url string) {
		f.t.Helper()
		f.postAll(url, "noisy", 0, 300)
		f.getAll(url, 40)
		f.postAll(url, "quiet", 0, 1)
		f.getAll(url, 20)
		if n := f.parkedRows(url); n < 100 {
			f.t.Fatalf("%d rows are parked, want more", n)
		}
		f.checkFair(url)
	}
	t.Run("retention", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			url := f.create("q", "VisibilityTimeout", "3600", "MessageRetentionPeriod", "60")
			noise(f, url)
			time.Sleep(65 * time.Second)
			f.counts(url, 0, 0, 0)
			f.checkFair(url)
			f.postAll(url, "noisy", 300, 1)
			f.want(url, "noisy300")
			if n := f.parkedRows(url); n != 0 {
				f.t.Errorf("%d left-overs are parked", n)
			}
		})
	})
	t.Run("purge", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			url := f.create("q", "VisibilityTimeout", "3600")
			noise(f, url)
			if _, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}); err != nil {
				f.t.Fatal(err)
			}
			f.checkFair(url)
			f.want(url)
			f.postAll(url, "noisy", 0, 1)
			f.postAll(url, "quiet", 0, 1)
			f.want(url, "noisy0", "quiet0")
			f.checkFair(url)
		})
	})
	t.Run("delete queue", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			url := f.create("q", "VisibilityTimeout", "3600")
			noise(f, url)
			if _, err := f.DeleteQueue(f.ctx, &sqsapi.DeleteQueueInput{QueueUrl: url}); err != nil {
				f.t.Fatal(err)
			}
			err := f.db.View(f.ctx, func(r kv.Reader) error {
				for _, table := range []kv.Table{kv.TableParked, kv.TableReady, kv.TableQueueCount, kv.TableMessageState} {
					for key := range r.Scan(kv.Prefix(kv.K(table))) {
						f.t.Errorf("%s is left", key)
					}
				}
				return nil
			})
			if err != nil {
				f.t.Fatal(err)
			}
		})
	})
	t.Run("dead letters and their move", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			dead := f.create("dead", "VisibilityTimeout", "1")
			url := f.create("q", "VisibilityTimeout", "3600", "RedrivePolicy", redrive("dead", 1))
			f.postAll(url, "noisy", 0, 300)
			for _, m := range f.getAll(url, 300) {
				f.hide(url, m, 0)
			}
			f.want(url) // all become dead letters
			f.counts(url, 0, 0, 0)
			f.counts(dead, 300, 0, 0)
			noisy := f.getAll(dead, 40)
			f.postAll(dead, "quiet", 0, 1)
			f.getAll(dead, 1)
			if f.parkedRows(dead) == 0 {
				f.t.Error("nothing is parked")
			}
			f.startMove("dead", "q", 500)
			time.Sleep(10 * time.Second)
			f.checkFair(dead)
			f.checkFair(url)
			f.counts(url, 260, 0, 0)
			f.counts(dead, 41, 0, 0)
			_ = noisy
		})
	})
	t.Run("restart", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			url := f.create("q", "VisibilityTimeout", "3600")
			noise(f, url)
			second := newFixture(f.t, f.db)
			second.postAll(url, "quiet", 1, 1)
			if got := bodiesOf(second.get(url, 1)); fmt.Sprint(got) != "[quiet1]" {
				f.t.Errorf("received %q, want quiet1", got)
			}
			second.getAll(url, 300+1-60)
			second.want(url)
			f.want(url)
			second.checkFair(url)
		})
	})
	t.Run("another process parks", func(t *testing.T) {
		inBubble(t, func(f *fixture) {
			url := f.create("q", "VisibilityTimeout", "3600")
			second := newFixture(f.t, f.db)
			second.want(url) // it has seen that nothing is parked
			noise(f, url)
			second.getAll(url, 300+1-60)
			second.want(url)
			second.checkFair(url)
		})
	})
}

// Receives that come together and through two services on one store, with messages of many tenants: each is received once,
// and all counters end at zero.
func TestConcurrentTenants(t *testing.T) {
	const tenants, each, receivers = 5, 200, 8
	onEachEngine(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		var mu sync.Mutex
		seen := map[string]int{}
		left := tenants * each
		services := []*fixture{f, newFixture(f.t, f.db)}
		var wg sync.WaitGroup
		for i := range tenants {
			wg.Go(func() { f.postAll(url, fmt.Sprint("t", i, "-"), 0, each) })
		}
		for i := range receivers {
			wg.Go(func() {
				f := services[i%len(services)]
				var held []sqsapi.Message
				for {
					mu.Lock()
					finished := left == 0
					mu.Unlock()
					if finished {
						f.dropAll(url, held)
						return
					}
					got := f.get(url, 10)
					mu.Lock()
					for _, m := range got {
						seen[*m.Body]++
						left--
					}
					mu.Unlock()
					if held = append(held, got...); len(held) > 60 {
						f.dropAll(url, held[:10])
						held = held[10:]
					}
				}
			})
		}
		wg.Wait()
		for body, n := range seen {
			if n != 1 {
				f.t.Errorf("%s was received %d times", body, n)
			}
		}
		f.counts(url, 0, 0, 0)
		f.checkFair(url)
		f.checkCounts(url)
	})
}

func TestTenantOf(t *testing.T) {
	used := map[tenant]bool{}
	for i := range 1000 {
		n := tenantOf(fmt.Sprint("customer-", i))
		if n < 1 || n > maxTenants {
			t.Fatalf("tenant %d", n)
		}
		used[n] = true
	}
	if len(used) < 980 { // 7.6 pairs are expected among 65,536
		t.Errorf("1000 groups have %d tenants", len(used))
	}
	if tenantOf("") != 0 || tenantOf("a") != 52513 {
		t.Errorf("tenantOf(a) = %d: stored rows have another", tenantOf("a"))
	}
}

// A position that is lost, as in a restart, is found again by a scan that sees each tenant's rows.
func TestSurvey(t *testing.T) {
	f := newFixture(t, memkv.New(clock.New()))
	url := f.create("q")
	const many = maxParkedTenants + 20
	var q *queue
	err := f.db.Update(f.ctx, func(tx kv.Tx) error {
		q = f.queueIn(tx, url)
		for i := range many {
			id := f.ids.newID(tx.Now(), newSuffix())
			m := message{id: id, sent: tx.Now().UnixMilli(), enqueued: tx.Now().UnixMilli(), group: fmt.Sprint(i), body: []byte(fmt.Sprint(i))}
			tx.Set(q.message(id), m.encode())
			tx.Add(q.visible, 1)
			tx.SetStamped(q.parkedOf(tenantOf(m.group)), (&readyRow{id: id, tenant: tenantOf(m.group)}).encode())
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.checkFair(url)
	f.getAll(url, many)
	f.want(url)
	f.checkFair(url)
	f.counts(url, 0, many, 0)
}

// A row that somebody else takes while it is being parked makes the transaction run again: it must not have two rows.
func TestParkingConflicts(t *testing.T) {
	onEachEngine(t, func(f *fixture) {
		url := f.create("q", "VisibilityTimeout", "3600")
		f.postAll(url, "noisy", 0, 60)
		f.getAll(url, 40)
		f.postAll(url, "quiet", 0, 1)
		runs, bodies := 0, []string(nil)
		err := f.db.Update(f.ctx, func(tx kv.Tx) error {
			runs++
			q := f.queueIn(tx, url)
			g := newSight(q, f.heads.of(q.id))
			r := newReceive(tx, q, &sqsapi.ReceiveMessageInput{}, &wanted{}, g)
			if err := f.take(tx, r, nil); err != nil {
				return err
			}
			g.settle(tx)
			bodies = bodiesOf(r.messages)
			if runs > 1 {
				return nil
			}
			return f.db.Update(f.ctx, func(tx kv.Tx) error {
				for key := range tx.Snapshot().Scan(kv.Range{Start: q.ready, End: q.readyEnd, Limit: 1}) {
					tx.Delete(slices.Clone(key))
				}
				return nil
			})
		})
		if err != nil || runs != 2 || fmt.Sprint(bodies) != "[quiet0]" {
			f.t.Errorf("received %q in %d runs, %v; want quiet0 in 2", bodies, runs, err)
		}
	})
}
