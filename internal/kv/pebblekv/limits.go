package pebblekv

import "time"

// Groups.
const (
	maxGroupTxs   = 512     // transactions
	maxGroupBytes = 4 << 20 // keys and values, unless one transaction has more
	// quietGroups is how many groups may wait for the disk before a new one is held back to grow, and busyGroups how many
	// when at least busyTxs transactions wait. More groups are smaller groups, which cost more syncs and changes of
	// context than they save in waiting; but with one alone, the processors idle while it is written.
	quietGroups = 1
	busyGroups  = 2
	busyTxs     = 24
	// maxGroups is how many groups may wait for the disk when transactions queue for a hot key, each of which goes on
	// as soon as the one before is applied.
	maxGroups = 64
)

// maxPooledOps is the size of a transaction, in writes, beyond which its memory is not kept for the next.
const maxPooledOps = 1024

// Retries.
const (
	maxAttempts      = 64                     // runs of one transaction; kv.ErrTooOld beyond
	maxUpdateTime    = 30 * time.Second       // in all runs of one transaction; kv.ErrTooOld beyond
	stripesFrom      = 2                      // the attempt, counted from 0, that first locks the keys it lost
	backoffFrom      = 3                      // the attempt, counted from 0, that first waits
	minBackoff       = 500 * time.Microsecond // doubles with each attempt; the wait is a random part of it
	maxBackoff       = 50 * time.Millisecond
	stripes          = 1024 // locks that Serialize maps keys to
	maxLockedStripes = 64   // that one transaction takes for keys it lost
)

// Stamps.
const (
	maxStamps   = 1 << 16 // stamped rows in a transaction: their index has two bytes
	stampBlock  = 1 << 20 // commit numbers that are reserved with one write
	stampNumber = 8       // bytes of a stamp that hold the commit number; the index follows
)

// Space.
const (
	defaultReserve  = 96 << 20              // bytes free: one round of flushing and compacting, and the manifest
	spaceCheckBytes = 1 << 20               // written between two looks at the free space, at most
	spaceCheckEvery = time.Second           // between two looks at the free space, at most
	flushRetryDelay = 50 * time.Millisecond // between two attempts to flush when the disk is full
	maxStall        = 3 * time.Second       // that writes wait for a flush while the disk is full, before the store gives up
	maxFlushErrors  = 8                     // in a row, when the disk is not full, before the store gives up
)
