// Package wire speaks AWS's protocols.
//
// A generated shape (internal/api) lists its members once, to a Visitor. Decoding, encoding and validating are visitors;
// a protocol turns a request's bytes into a tree that a decoder reads, and what an encoder writes into an answer's
// bytes. Adding a protocol touches no shape, and adding a shape touches no protocol. Nothing is reflected.
package wire
