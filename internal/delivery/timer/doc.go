// Package timer keeps durable timers: rows that say what is due when.
//
// A timer is set and cleared in the transaction that causes it, and it fires in a transaction of its own in which the
// owner of its kind does what is due and the row disappears. A crash before that commit fires it again; nothing fires
// twice and nothing is lost. One loop a process sleeps until the next row is due.
//
// Rows lie in the order in which they are due, and those that fired leave deleted rows behind, which a scan from the
// start would wade through. So the loop remembers its head, below which it knows of no timer. A timer can still appear
// there: its due time is chosen before its commit, and other rows may fire in between. Set therefore lowers the head
// after the commit. Since that is a hint only (another process may set timers too), the loop looks from the very start
// every rescanEvery of activity and every idlePoll otherwise.
//
// A handler that fails does so for its whole batch, whose timers are then tried one by one; those that fail alone are
// retried with growing pauses, and hold up no others.
package timer
