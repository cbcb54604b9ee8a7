// Package gateway is the HTTP door of the platform.
//
// A request passes through fixed steps: route, authenticate, read and unpack the body, decode, authorize, validate,
// call, encode. Everything that is the same for all operations happens here once, so that an operation is nothing but
// its method. All services share one port: Router decides from the request line and the headers alone, before the body
// is read, which operation of which service is meant and in which protocol the caller speaks. Whatever goes wrong is
// answered in that protocol, so that no SDK has to report an answer that it cannot parse.
//
// Besides API calls there are data planes, whose paths and bodies belong to what users deployed: invoke URLs of APIs,
// function URLs, websites. The router names them; a handler that its service registers serves them.
package gateway
