// Package api is the root of the generated API packages, one a service. See docs/adding-an-operation.md.
package api

//go:generate go run ../../cmd/apigen -api . -docs ../../docs
