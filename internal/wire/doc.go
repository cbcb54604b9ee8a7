// Package wire speaks AWS's protocols.
//
// A generated shape (internal/api) lists its members once, to a Visitor. Decoding, encoding and validating are visitors;
// a protocol turns a request's bytes into a tree that a decoder reads, and what an encoder writes into an answer's
// bytes. Adding a protocol touches no shape, and adding a shape touches no protocol. Nothing is reflected.
//
// The way in: a protocol's parser fills a Tree, whose nodes lie in one pooled slice and whose strings are cut out of the
// body. Source.Decode visits the shape with it, helped by a small Dialect that knows how the protocol lays out lists
// and maps and words its errors; it collects the required members that are not there. Validate then checks the model's
// constraints, fast when all is well, and in a second, slower visit puts all violations into AWS's words.
//
// The way out: encoders are visitors that append to a pooled slice (Response.Buffer).
//
//	awsjson, awsquery, restjson, restxml, cbor    the protocols
//	jsonbody, xmlbody                             shapes as JSON and XML, which several of them share
//	httpbinding                                   members in headers, paths, queries and the status
//	eventstream                                   answers that are streams of events
//	wiretest                                      shapes made from models at run time; runs the protocol vectors
package wire
