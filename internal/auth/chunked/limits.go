package chunked

const (
	// maxLine is the longest line before a chunk or in a trailer. The longest that is sent has 20 digits of size and a
	// SigV4a signature of 144.
	maxLine = 1024 // bytes
	// maxTrailers is how many trailer lines there may be.
	maxTrailers = 16
	// minChunk is the least size of all chunks but the last.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
	minChunk = 8 << 10 // bytes
	// maxChunk is the greatest size of a chunk: that of an object that is put in one go.
	maxChunk = 5 << 30 // bytes
	// bufferSize is how much is read ahead.
	bufferSize = 32 << 10 // bytes
)
