// Package kv is one ordered, transactional map from keys to values. All services keep all of their state in it.
//
// A transaction is a closure: it may run several times, so it touches nothing but its Tx and variables that it sets
// anew on each run. Transactions are serializable; they are optimistic, so nothing is declared and nothing deadlocks.
//
// Reads return no error. The first read that fails makes the Update or View that it belongs to return that failure,
// whatever the closure returns; until then it reads as an absent key or the end of a range.
//
// Visible is not durable: an Update may build on another that is applied but not yet on disk. Whoever gets an answer
// from View, from a failed Update or from an Update that wrote nothing, gets one that rests on durable state only.
package kv

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Limits of an Update. A View has none.
const (
	MaxTxDuration = 5 * time.Second // from its snapshot to its commit; ErrTooOld beyond
	MaxTxBytes    = 16 << 20        // keys and values written; ErrTooLarge beyond
	MaxTxReads    = 20_000          // keys read, other than through Snapshot; ErrTooLarge beyond
	MaxKeyBytes   = 16 << 10        // one written key, with its stamp; ErrTooLarge beyond
)

// Errors that Update and View return, besides what the closure returned and what ctx says.
var (
	ErrTooLarge = errors.New("kv: transaction too large")
	ErrTooOld   = errors.New("kv: transaction took too long or met too many conflicts")
	ErrClosed   = errors.New("kv: store is closed")
	// ErrUnavailable says that the store cannot be written any more, because its disk is full or failing. Nothing of
	// the transaction is acknowledged; whether it is there after a restart is open, as with any unanswered request.
	ErrUnavailable = errors.New("kv: store is not writable")
)

// Store is a database. Its methods may be called concurrently.
type Store interface {
	// Update runs fn in a serializable transaction and returns once its writes are durable. An error from fn rolls
	// back and is returned as is, once all that fn read is durable too. When ctx ends, Update returns its error: at the
	// latest before the next run of fn, and not any more once the last run is being committed. A panic in fn rolls back too.
	Update(ctx context.Context, fn func(tx Tx) error, opts ...Option) error

	// View runs fn once on the newest durable snapshot: it never conflicts, waits or retries.
	View(ctx context.Context, fn func(r Reader) error) error

	// Close waits for running transactions and closes the store. Later calls return ErrClosed.
	Close() error
}

// Reader reads one snapshot. It and all it returns are valid until the closure returns; results must not be changed. It
// serves one goroutine.
type Reader interface {
	// Get returns the value at key, or nil when there is none. A value that exists is never nil.
	Get(key Key) []byte

	// GetMany returns the values at keys, in their order, nil where there is none.
	GetMany(keys []Key) [][]byte

	// Scan yields the rows of r in order. The slices are valid until the next step and within the loop. Scans may be
	// nested and be left early; they see the transaction's own writes from before they began, and perhaps later ones.
	Scan(r Range) iter.Seq2[Key, []byte]

	// Now is the instant of this transaction, the same for all that it reads and writes, in UTC.
	Now() time.Time
}

// Range is a range of keys, [Start, End). A nil Start is the first key of all, a nil End lies after the last; a range
// that ends before it starts is empty.
type Range struct {
	Start, End Key
	Limit      int // the most rows to yield; 0 means all
	Reverse    bool
}

// Prefix returns the range of all keys that begin with p.
func Prefix(p Key) Range { return Range{Start: p, End: p.PrefixEnd()} }

// Tx reads and writes. It sees its own writes, except stamped ones and atomic operations. What it reads with Get, GetMany and Scan
// must still hold when it commits, or it runs again; a scan counts up to its last row read, or to its end.
//
// Writes take effect in the order of calls, all kinds alike: an Add that follows a Set of the row starts from that, and
// a DeleteRange removes what was added, set or stamped before it. Writes copy what they are given. Only stores write to
// TableMeta.
type Tx interface {
	Reader

	// Snapshot reads the same snapshot, without this transaction's writes and without making it conflict.
	Snapshot() Reader

	// Set writes a row. A nil value is an empty one.
	Set(key Key, value []byte)

	// Delete removes a row, if it is there.
	Delete(key Key)

	// DeleteRange removes all rows in [start, end), as they are at commit; a nil end lies after the last key. It reads
	// nothing, so it never makes its own transaction conflict.
	DeleteRange(start, end Key)

	// Add, Max and Min change a row that holds a number (8 bytes, big endian, two's complement; see Int64) when the
	// transaction commits. An absent row counts as 0 for Add, and is set by Max and Min; one that holds no number counts as
	// absent. They conflict with readers of the row, never with each other.
	Add(key Key, delta int64)
	Max(key Key, v int64)
	Min(key Key, v int64)

	// SetStamped writes a row whose key is prefix followed by a stamp that the commit chooses. Stamps strictly
	// increase in commit order and, within a transaction, in the order of calls. The result is set when Update returns.
	SetStamped(prefix Key, value []byte) *Stamp

	// OnCommit runs fn once, in this process, after the commit is durable and before Update returns. It is for waking and for hints in memory: fn must be
	// short, must not block, and nothing may depend on its having run.
	OnCommit(fn func())
}

// StampSize is the length of a Stamp in a key, in bytes.
const StampSize = 10

// Stamp is a position in the order of commits. It sorts as its bytes do.
type Stamp [StampSize]byte

// Option changes how an Update runs.
type Option interface{ option() }

// Serialize queues an Update behind others that name the same keys, in this process and before its snapshot is taken.
// It saves retries on hot keys; correctness never rests on it.
func Serialize(keys ...Key) Option { return SerializeOption(keys) }

// SerializeOption is what Serialize returns; only implementations of Store look at it.
type SerializeOption []Key

func (SerializeOption) option() {}
