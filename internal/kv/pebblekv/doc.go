// Package pebblekv is the kv.Store of one machine: optimistic transactions on a Pebble database, in a directory or in
// memory.
//
// # How a transaction runs
//
// It takes the newest visible snapshot (snapshot.go), which it shares with all others that begin meanwhile, and runs
// its closure (tx.go, scan.go). Reads leave behind the hash of each key and the bounds of each range; writes are
// gathered in order (writeset.go). Then it queues up for the committer (committer.go), one goroutine that takes up to
// 512 transactions at a time and, for each in turn,
//
//  1. looks whether anything it read was written since (window.go); if so, it runs again,
//  2. turns atomic operations into values (atomic.go) and chooses the commit number, which is the stamp,
//  3. appends its writes to the group's batch.
//
// The batch goes to Pebble in one piece without waiting for the disk. The next snapshot is published, and the
// committer goes on with the next group. A second goroutine waits for the log's sync, publishes the snapshot once
// more, as the durable one, and answers the transactions.
//
// # Invariants
//
//   - Commit numbers strictly increase by transaction, also across crashes: a row says which numbers may be in use, and
//     lies in the same batch as, or an earlier one than, each of them. Numbers are not consecutive after a restart.
//   - A transaction commits only if all it read is what it would read if it ran at its place in the order of commits.
//   - An answer rests on durable state. A commit is answered after its sync. View reads the durable snapshot. An Update
//     that failed or wrote nothing waits until its snapshot is durable: it may have seen a group that a crash takes
//     back. (A transaction that commits needs no such wait: it comes later in the same log.)
//   - The window of recent writes reaches back to the oldest snapshot that a running transaction may write from, up to
//     maxWindowKeys; a transaction that began before runs again.
//   - A row in the cache (rowcache.go) is what the tree holds at any version from the one it was read at: the committer takes
//     it out before a newer version of it can be seen.
//   - Whoever waits for the store also waits for its failure (failure.go). Nobody waits for Pebble's locks but the
//     store's own two goroutines: a Pebble that has failed may hold them for ever.
//   - Time is looked at only when there is something to do: an idle store has no timer, so that a day in a synctest
//     bubble costs nothing.
//
// # Failures
//
// A write or sync of the log that fails leaves open what is on disk, and cannot be tried again: the store fails for
// good, answers everybody with kv.ErrUnavailable and asks to be closed (Failed). What was acknowledged is on disk. A
// transaction that was not answered may or may not be there after the restart.
//
// Damage to tables, log and manifest is looked for before Pebble opens them (logcheck.go, verify.go): Pebble itself
// takes a damaged piece of the log for its end. Only the last group before a crash cannot be told from an unfinished one.
//
// A disk that fills up makes Update fail before Pebble itself has no room (space.go), and Update works again once
// there is space.
//
// # What was rejected
//
//   - Locks named up front: as fast, but services would have to declare what they touch, and to forget one is a bug
//     that no test finds. One goroutine for everything: as fast on two cores, but one slow scan stops all.
//   - Publishing a group only after its sync: a hot key would be worth one transaction a sync.
//   - A mode that answers before the sync: it is not twice as fast, and the promise is gone.
//   - One snapshot for each transaction: NewSnapshot takes Pebble's central lock.
//   - Pebble's merge operator for atomic operations: operands pile up in the memtable, and the three operations do not
//     compose into one value. The committer knows the values of hot rows anyway.
//   - Pebble's sequence numbers as stamps: they are known only after the batch is built.
package pebblekv
