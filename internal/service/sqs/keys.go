package sqs

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cumulet/cumulet/internal/kv"
)

// queueID names a queue for ever: a queue that is deleted and created again has another, so it never sees old rows.
type queueID uint64

// messageID is a message's id. It looks like a random UUID, but begins with a set bit (small bytes cost room in keys) and the
// time at which the message was made, in milliseconds, so that messages of one time lie together in the store and the
// oldest of a queue come first.
type messageID [16]byte

// newSuffix returns the random part of a message id.
func newSuffix() (suffix [10]byte) {
	_, _ = rand.Read(suffix[:]) // never fails
	return suffix
}

// newNonce returns a number that nobody can guess.
func newNonce() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

// idClock makes the ids of one process follow each other in the order in which they are made.
type idClock struct {
	last atomic.Uint64 // milliseconds, and 12 bits of fractions
}

// newID returns the id of a message made at t: the time to a quarter of a microsecond, or a little later than that of the
// last id, and then the suffix.
func (c *idClock) newID(t time.Time, suffix [10]byte) messageID {
	ticks := uint64(t.UnixMilli())<<12 | uint64(t.Nanosecond()%1_000_000)<<12/1_000_000
	for {
		last := c.last.Load()
		ticks = max(ticks, last+1)
		if c.last.CompareAndSwap(last, ticks) {
			break
		}
	}
	var id messageID
	binary.BigEndian.PutUint64(id[:], ticks<<4)
	id[7] = id[7]>>4 | id[6]<<4
	copy(id[8:], suffix[2:])
	id[0] |= 0x80
	id[6] = id[6]>>4 | 0x40   // version 4
	id[8] = id[8]&0x3F | 0x80 // variant of RFC 9562
	return id
}

// made returns when the message was made, to the millisecond.
func (id messageID) made() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:]) << 1 >> 17)).UTC()
}

// String returns the id as clients see it.
func (id messageID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// queueRef says where a queue is. The zero value names none.
type queueRef struct {
	account, region, name string
}

// queue/<account>/<region>/<name> -> queueRow, JSON
func (r queueRef) key() kv.Key { return regionKey(r.account, r.region).Str(r.name) }

func regionKey(account, region string) kv.Key { return kv.K(kv.TableQueue).Str(account).Str(region) }

// deleted/<account>/<region>/<name> -> when, in nanoseconds; for the 60 seconds in which the name cannot be used again
func (r queueRef) deletedKey() kv.Key {
	return kv.K(kv.TableQueueDeleted).Str(r.account).Str(r.region).Str(r.name)
}

// dead-letter source/<account>/<region>/<dead-letter queue>/<source queue> -> nothing
func (r queueRef) sourceKey(source string) kv.Key { return r.sourcesKey().Str(source) }

func (r queueRef) sourcesKey() kv.Key {
	return kv.K(kv.TableDeadLetterSrc).Str(r.account).Str(r.region).Str(r.name)
}

// queue id/<id> -> queueIDRow, JSON. Id 0 holds the last id given, a number.
func (id queueID) key() kv.Key { return kv.K(kv.TableQueueID).Uint64(uint64(id)) }

// queueKeys are the prefixes of a queue's rows. They are made once a queue, because every call needs several.
//
//	message/<queue>/<message id>          -> message
//	state/<queue>/<message id>            -> state, once the message was received or is delayed
//	ready/<queue>/<stamp>                 -> message id and turn (readyRow): visible messages of a standard queue
//	parked/<queue>/<tenant>/<stamp>       -> readyRow: visible messages of a noisy tenant of a standard queue (fair.go)
//	group ready/<queue>/<stamp>           -> group and turn: groups of a FIFO queue that can be received from
//	group/<queue>/<group>                 -> groupRow: its first and last message
//	group message/<queue>/<group>/<seq>   -> message id
//	dedup/<queue>/<bucket>/<scope>/<id>   -> dedupRow; a bucket is 5 minutes, and two are looked at
//	attempt/<queue>/<bucket>/<attempt id> -> attemptRow
//	count/<queue>/<counter>               -> number
//	count/<queue>/5/<tenant>              -> number of the tenant's messages in flight, on a standard queue
//	move task/<queue>/<task>              -> moveTaskRow, JSON; the newest task has the least number
type queueKeys struct {
	id    queueID
	topic string // in the wake-up hub

	messages, states                        kv.Key
	ready, readyEnd, parked                 kv.Key
	groups, groupReady, groupMessages       kv.Key
	groupReadyEnd                           kv.Key
	dedups, attempts, moveTasks             kv.Key
	visible, inFlight, delayed, sequenceTop kv.Key
	tenants                                 kv.Key
}

func newQueueKeys(id queueID) queueKeys {
	in := func(t kv.Table) kv.Key { return kv.K(t).Uint64(uint64(id)) }
	counts := in(kv.TableQueueCount)
	return queueKeys{
		id:            id,
		topic:         strconv.FormatUint(uint64(id), 10),
		messages:      in(kv.TableMessage),
		states:        in(kv.TableMessageState),
		ready:         in(kv.TableReady),
		readyEnd:      in(kv.TableReady).PrefixEnd(),
		parked:        in(kv.TableParked),
		groups:        in(kv.TableGroup),
		groupReady:    in(kv.TableGroupReady),
		groupReadyEnd: in(kv.TableGroupReady).PrefixEnd(),
		groupMessages: in(kv.TableGroupMessage),
		dedups:        in(kv.TableDedup),
		attempts:      in(kv.TableAttempt),
		moveTasks:     in(kv.TableMoveTask),
		visible:       counts.Uint64(1),
		inFlight:      counts.Uint64(2),
		delayed:       counts.Uint64(3),
		sequenceTop:   counts.Uint64(4), // the highest sequence number of any group that is gone
		tenants:       counts.Uint64(5),
	}
}

func (k *queueKeys) message(id messageID) kv.Key { return k.messages.Bytes(id[:]) }
func (k *queueKeys) state(id messageID) kv.Key   { return k.states.Bytes(id[:]) }
func (k *queueKeys) group(group string) kv.Key   { return k.groups.Str(group) }

func (k *queueKeys) groupMessage(group string, sequence uint64) kv.Key {
	return k.groupMessages.Str(group).Uint64(sequence)
}

// bucket is the number of the 5 minutes that t lies in.
func bucket(t time.Time) uint64 { return uint64(t.UnixNano() / int64(dedupWindow)) }

func (k *queueKeys) dedup(bucket uint64, scope, id string) kv.Key {
	return k.dedups.Uint64(bucket).Str(scope).Str(id)
}

func (k *queueKeys) attempt(bucket uint64, id string) kv.Key {
	return k.attempts.Uint64(bucket).Str(id)
}

// moveTask sorts the newest task first.
func (k *queueKeys) moveTask(number uint64) kv.Key { return k.moveTasks.Uint64(^number) }

func (k *queueKeys) parkedOf(t tenant) kv.Key       { return k.parked.Uint64(uint64(t)) }
func (k *queueKeys) tenantInFlight(t tenant) kv.Key { return k.tenants.Uint64(uint64(t)) }

// parkedTenant returns the tenant of a key in parked.
func (k *queueKeys) parkedTenant(key kv.Key) tenant {
	return tenant(key[len(k.parked):].Parts().Uint64())
}

// contents are the ranges of rows that hold messages, which PurgeQueue removes.
func (k *queueKeys) contents() []kv.Key {
	return []kv.Key{k.messages, k.states, k.ready, k.parked, k.tenants, k.groups, k.groupReady, k.groupMessages}
}

// all are the prefixes of all rows by queue id.
func (k *queueKeys) all() []kv.Key {
	counts := k.visible[:len(k.visible)-9]
	return append(k.contents(), k.dedups, k.attempts, k.moveTasks, counts)
}

// timerMask makes the bytes of queue ids large, since small ones cost room in keys.
const timerMask = 0x8080808080808080

// timerID names a message in timers.
func (k *queueKeys) timerID(id messageID) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 24), uint64(k.id)^timerMask)
	return append(b, id[:]...)
}

func parseTimerID(b []byte) (queueID, messageID, bool) {
	if len(b) != 24 {
		return 0, messageID{}, false
	}
	return queueID(binary.BigEndian.Uint64(b) ^ timerMask), messageID(b[8:]), true
}
