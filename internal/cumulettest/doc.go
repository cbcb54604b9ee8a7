// Package cumulettest runs a platform inside a test, and scripts against it.
//
// Everything happens in a testing/synctest bubble: time is fake, and stands still while anything is being done. The platform
// is the real one, with its store in memory; only the listener is one without a network, because a bubble cannot tell a
// connection that waits from one that works. Time starts at 2000-01-01T00:00:00Z.
package cumulettest
