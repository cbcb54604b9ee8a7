// Package httpbinding moves members between shapes and the parts of HTTP messages other than the body: headers, labels of
// the path, query parameters and the status; and members that are the whole body. REST-JSON and REST-XML share it.
//
// https://smithy.io/2.0/spec/http-bindings.html
package httpbinding
