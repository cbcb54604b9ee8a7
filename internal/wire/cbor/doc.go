// Package cbor is the protocol Smithy RPC v2 CBOR, and its codec: RFC 8949 in the parts that the protocol allows.
//
// Parse reads definite and indefinite lengths, floats of 16, 32 and 64 bits, and times (tag 1); other tags are skipped over
// and their content taken as it is. It refuses what is not well-formed, and what is too deep. Integers are written in
// their shortest form and floats in 64 bits, unless 32 hold them exactly.
//
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
package cbor
