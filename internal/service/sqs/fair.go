package sqs

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/cumulet/cumulet/internal/kv"
)

// A standard queue is fair between message groups, which stand for tenants. A tenant that has a large share of the messages
// in flight is noisy. A receiver passes over its visible messages while it finds others, and takes them only if there are
// not enough: nobody waits for a noisy tenant, and nothing is held back while a receiver has room.
//
// What a receiver passes over it sets aside, in memory. At the end of the transaction it parks it: moves it from the ready
// index to one of the tenant's own, so that the next receiver needs not pass over it again. If it found nothing behind, and
// there are few, they stay where they are. A parked message is parked until it is received. Those of a tenant that is not
// noisy any more come first, because they are older than all in the ready index; those of noisy tenants last, and first
// among them the tenant's with the fewest messages in flight. So each tenant's messages keep their order.
//
// The ready row of a message names its tenant, and the state row too, so that the number of a tenant's messages in flight
// is always that of its states that say so. Rows without a tenant cost nothing of all this.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html

// tenant stands for a message group of a standard queue. There are so few that the counters of a queue are bounded, and so
// many that groups rarely share one. 0 is no tenant: that of messages without a group, each of which is for itself.
type tenant uint32

// tenantOf returns the tenant of a group: a hash (FNV-1a, folded), since it is stored it never changes.
func tenantOf(group string) tenant {
	if group == "" {
		return 0
	}
	h := uint32(2166136261)
	for i := range len(group) {
		h = (h ^ uint32(group[i])) * 16777619
	}
	return tenant((h^h>>16)%maxTenants + 1)
}

// sight is what the receives of one transaction share.
type sight struct {
	k       *queueKeys
	head    *head
	ready   ahead // in the ready or group ready index
	granted int   // messages that went in flight

	unfair   bool // messages are moved, and all tenants are alike
	tenants  map[tenant]*load
	inFlight int64 // messages in flight, besides those granted; -1: not read yet
	aside    int   // rows set aside
	met      bool  // tenants with parked messages, as far as they are known, are in tenants
	surveyed bool  // all of them are
}

// load is what is known of a tenant.
type load struct {
	tenant   tenant
	inFlight int64
	parked   *ahead       // nil: none are known
	aside    []readyEntry // younger than those that are parked, older than those in the ready index
}

// waiting reports whether the tenant may have messages that come before those in the ready index.
func (l *load) waiting() bool { return len(l.aside) > 0 || l.parked != nil && !l.parked.exhausted() }

func newSight(q *queue, h *head) *sight {
	g := &sight{k: &q.queueKeys, head: h, inFlight: -1}
	g.ready = ahead{head: h, position: &h.ready, index: q.ready, end: q.readyEnd}
	if q.fifo {
		g.ready.index, g.ready.end = q.groupReady, q.groupReadyEnd
	}
	return g
}

// load returns what is known of a tenant. The number of its messages in flight comes from the snapshot: a little old or
// not, it decides only about an order.
func (g *sight) load(tx kv.Tx, t tenant) *load {
	l := g.tenants[t]
	if l == nil {
		l = &load{tenant: t}
		if !g.unfair {
			l.inFlight = kv.Int64(tx.Snapshot().Get(g.k.tenantInFlight(t)))
		}
		if g.tenants == nil {
			g.tenants = map[tenant]*load{}
		}
		g.tenants[t] = l
	}
	return l
}

// noisy reports whether a tenant has a large share of the messages in flight.
func (g *sight) noisy(tx kv.Tx, l *load) bool {
	if l.inFlight < noisyInFlight {
		return false
	}
	if g.inFlight < 0 {
		g.inFlight = kv.Int64(tx.Snapshot().Get(g.k.inFlight))
	}
	return l.inFlight*noisyShare > g.inFlight+int64(g.granted)
}

// took notes that a message has gone in flight.
func (g *sight) took(tx kv.Tx, t tenant) {
	g.granted++
	if t != 0 {
		tx.Add(g.k.tenantInFlight(t), 1)
		g.load(tx, t).inFlight++
	}
}

// takeReady hands out messages of a standard queue.
func (s *Service) takeReady(tx kv.Tx, r *receive) error {
	g := r.sight
	g.meet(tx)
	if err := s.takeWaiting(tx, r, false); err != nil {
		return err
	}
	err := r.scan(tx, &g.ready, func(page []readyEntry) (int, error) {
		rows, err := g.k.decodeReady(page)
		if err != nil {
			return 0, err
		}
		for i := range rows {
			if rows[i].tenant == 0 || !g.passesOver(tx, rows[i].tenant) {
				continue
			}
			if i == 0 {
				return g.setAside(tx)
			}
			page = page[:i]
			break
		}
		return s.takePage(tx, r, &g.ready, page, rows)
	})
	if err != nil || r.full() {
		return err
	}
	if g.ready.exhausted() {
		g.survey(tx)
	}
	if err := s.takeWaiting(tx, r, true); err != nil {
		return err
	}
	r.again = r.again || !r.full() && !g.ready.exhausted()
	return nil
}

// passesOver reports whether a tenant's messages in the ready index have to wait.
func (g *sight) passesOver(tx kv.Tx, t tenant) bool {
	if g.unfair {
		return false
	}
	l := g.load(tx, t)
	return g.noisy(tx, l) || l.waiting()
}

// setAside sets rows of the ready index aside, up to the first that needs not wait. It returns how many.
func (g *sight) setAside(tx kv.Tx) (int, error) {
	g.ready.least = maxPage
	for n, e := range g.ready.entries {
		var row readyRow
		if err := row.decode(e.value); err != nil {
			return 0, fmt.Errorf("ready row of queue %d: %w", g.k.id, err)
		}
		if g.aside >= maxAside || row.tenant == 0 || !g.passesOver(tx, row.tenant) {
			return n, nil
		}
		l := g.load(tx, row.tenant)
		l.aside = append(l.aside, e)
		g.aside++
	}
	return len(g.ready.entries), nil
}

// takeWaiting hands out messages that are parked or set aside, also those of noisy tenants or not.
func (s *Service) takeWaiting(tx kv.Tx, r *receive, noisy bool) error {
	for !r.full() {
		l, limit := r.sight.next(tx, noisy)
		if l == nil {
			return nil
		}
		n, err := s.takeFromTenant(tx, r, l, min(limit, r.room(), maxPage))
		if err != nil || r.examine(n) {
			return err
		}
	}
	return nil
}

// next returns the tenant with the fewest messages in flight of those that have messages waiting, and how many it may take
// before another has fewer. It returns nil if there is none.
func (g *sight) next(tx kv.Tx, noisy bool) (first *load, limit int) {
	var second *load
	for _, l := range g.tenants {
		switch {
		case !l.waiting() || !noisy && g.noisy(tx, l):
		case first == nil || l.before(first):
			first, second = l, first
		case second == nil || l.before(second):
			second = l
		}
	}
	if second == nil {
		return first, maxPage
	}
	return first, int(min(max(second.inFlight-first.inFlight, 1), maxPage))
}

func (l *load) before(other *load) bool {
	return l.inFlight < other.inFlight || l.inFlight == other.inFlight && l.tenant < other.tenant
}

// takeFromTenant deals with up to a number of a tenant's messages that are parked or set aside, and returns with how many.
func (s *Service) takeFromTenant(tx kv.Tx, r *receive, l *load, limit int) (int, error) {
	g := r.sight
	if p := l.parked; p != nil && !p.exhausted() {
		p.fill(tx, limit)
		if len(p.entries) == 0 {
			if p.deleted == 0 {
				g.head.emptied(p.position)
			}
			return 0, nil
		}
		n, err := s.takeRows(tx, r, p, p.entries[:min(limit, len(p.entries))])
		p.entries = p.entries[n:]
		return n, err
	}
	n, err := s.takeRows(tx, r, &g.ready, l.aside[:min(limit, len(l.aside))])
	l.aside = l.aside[n:]
	g.aside -= n
	return n, err
}

func (s *Service) takeRows(tx kv.Tx, r *receive, a *ahead, page []readyEntry) (int, error) {
	rows, err := r.sight.k.decodeReady(page)
	if err != nil {
		return 0, err
	}
	return s.takePage(tx, r, a, page, rows)
}

// settle parks what is set aside, at the end of the transaction.
func (g *sight) settle(tx kv.Tx) {
	if g.aside == 0 {
		return
	}
	type entry struct {
		readyEntry
		*load
	}
	rest := make([]entry, 0, g.aside)
	for _, l := range g.tenants {
		for _, e := range l.aside {
			rest = append(rest, entry{e, l})
		}
	}
	slices.SortFunc(rest, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	n := 0
	for n < len(rest) && bytes.Compare(rest[n].key, g.ready.last) < 0 {
		n++ // something behind it is deleted
	}
	if len(rest)-n > maxPage {
		n = len(rest)
	}
	keys := make([]kv.Key, n)
	for i := range keys {
		keys[i] = rest[i].key
	}
	tx.GetMany(keys) // so that nobody else takes them
	for _, e := range rest[:n] {
		g.ready.remove(tx, e.key)
		tx.SetStamped(g.k.parkedOf(e.tenant), e.value)
	}
	h := g.head
	tx.OnCommit(func() {
		for _, e := range rest[:n] {
			h.park(e.tenant)
		}
	})
}

// meet finds the tenants that have parked messages, as far as they are known.
func (g *sight) meet(tx kv.Tx) {
	if g.met {
		return
	}
	g.met = true
	known, stale := g.head.parkedTenants(tx.Now())
	if stale {
		g.survey(tx)
		return
	}
	for _, p := range known {
		g.add(tx, p)
	}
}

func (g *sight) add(tx kv.Tx, p parkedTenant) {
	if p.position == nil {
		return
	}
	if l := g.load(tx, p.tenant); l.parked == nil {
		index := g.k.parkedOf(p.tenant)
		l.parked = &ahead{head: g.head, position: p.position, index: index, end: index.PrefixEnd()}
	}
}

// survey finds all tenants that have parked messages, also those that this process does not know of. It looks between the
// tenants that it knows, and not where their rows were deleted.
func (g *sight) survey(tx kv.Tx) {
	if g.surveyed {
		return
	}
	g.surveyed = true
	start, end := g.k.parked, g.k.parked.PrefixEnd()
	for _, p := range append(g.head.survey(tx.Now()), parkedTenant{}) {
		until := end
		if p.tenant != 0 {
			until = g.k.parkedOf(p.tenant)
		}
		for bytes.Compare(start, until) < 0 {
			var found tenant
			for key := range tx.Snapshot().Scan(kv.Range{Start: start, End: until, Limit: 1}) {
				found = g.k.parkedTenant(key)
			}
			position := g.head.park(found)
			if position == nil {
				break // there is none, or this process knows enough of them
			}
			g.add(tx, parkedTenant{found, position})
			start = g.k.parkedOf(found).PrefixEnd()
		}
		if p.tenant != 0 {
			g.add(tx, p)
			start = until.PrefixEnd()
		}
	}
}
