// Package restxml is the protocol REST-XML: members in headers, paths, queries and bodies of XML. S3 speaks it, with roots
// and errors of its own.
//
// https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
package restxml
