package gateway

import "time"

// Limits of requests.
const (
	// maxHeaderBytes bounds the request line and the headers. AWS's front ends close at 8 to 16 KiB, S3 at 8 KiB of user metadata.
	maxHeaderBytes = 64 << 10
	// maxBody bounds the bodies of all services but those in maxBodyOf; DynamoDB's bound is the largest among them.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
	maxBody = 16 << 20 // bytes, before and after decompression
	// maxBodyLambda is what AWS itself names when it refuses a larger one.
	maxBodyLambda = 70_167_211 // bytes
	// maxBodyS3 bounds the bodies of S3's operations that are not streams, such as DeleteObjects.
	maxBodyS3 = 16 << 20 // bytes
	// maxPooledBody keeps rare, huge bodies out of the pool.
	maxPooledBody = 256 << 10 // bytes

	// headerTimeout is how long a client may take to send its headers.
	headerTimeout = 10 * time.Second
	// bodyTimeout is how long a client may take to send a body, or the next bytes of one that streams.
	bodyTimeout = time.Minute
	// writeTimeout is how long a client may take to read a large answer, or the next bytes of one that streams.
	writeTimeout = time.Minute
	// idleTimeout is how long a connection may wait for its next request. Longer than the 60 s of most SDKs' pools.
	idleTimeout = 2 * time.Minute
	// drainTimeout is how long requests in flight may take to finish once the server stops.
	drainTimeout = 25 * time.Second
	// largeAnswer is the size in bytes from which on writing an answer can block.
	largeAnswer = 64 << 10
	// autoLength is the size in bytes up to which net/http finds an answer's length by itself.
	autoLength = 2048
)

// bodyLimit returns how many bytes the body of a service's request may have.
func bodyLimit(serviceID string) int64 {
	switch serviceID {
	case "lambda":
		return maxBodyLambda
	case "s3":
		return maxBodyS3
	}
	return maxBody
}
