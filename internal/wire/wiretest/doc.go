// Package wiretest proves the protocols.
//
// A Dynamic is a shape made at run time from a model, so that any model runs through the same visitors as generated
// shapes do. Run replays the protocol vectors in testdata, and Fill makes values in which every member is set.
package wiretest
