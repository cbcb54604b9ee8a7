// Package timer keeps durable timers: rows that say what is due when.
//
// A timer is set and cleared in the transaction that causes it, and it fires in a transaction of its own in which the
// owner of its kind does what is due and the row disappears. A crash before that commit fires it again; nothing fires
// twice and nothing is lost. One loop a process sleeps until the next row is due.
package timer
