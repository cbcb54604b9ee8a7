// Package cumulet runs the whole platform in one process: for the binary, and for tests that want a cloud of their own.
//
//	server, err := cumulet.Open(ctx, cumulet.Config{})
//	if err != nil { … }
//	defer server.Close()
//	cfg.BaseEndpoint = aws.String(server.URL()) // of any AWS SDK
//
// The zero Config keeps everything in memory and listens on a random port of the loopback interface.
package cumulet
