// Package archtest checks the tree itself: which package may import which, and how files and packages must look.
//
// Layers below is the list of CONVENTIONS §2, and Check explains each rule where it is checked. Everything is read with
// go/parser from an fs.FS: a test that ran the go command would be served from the test cache although the tree changed.
// The same reason speaks against asking git, so the scan covers every file that is not in an ignored directory.
//
// A rule that gets in the way of simpler code is changed here, in the same commit, with a page in docs/decisions.
package archtest
