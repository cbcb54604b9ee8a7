package chunked

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

func truncated() error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

func wrongLength() error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusBadRequest, "IncompleteBody",
		"You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func missingLength() error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusLengthRequired, "MissingContentLength",
		"You must provide the Content-Length HTTP header.")
}

func smallChunk(number int, size int64) error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusForbidden, "InvalidChunkSizeError",
		"Only the last chunk is allowed to have a size less than 8192 bytes",
		sigv4.Detail{Name: "Chunk", Value: strconv.Itoa(number)},
		sigv4.Detail{Name: "BadChunkSize", Value: strconv.FormatInt(size, 10)})
}

func malformedTrailer() error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusBadRequest, "MalformedTrailerError",
		"The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

func unsupportedTrailer() error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusBadRequest, "InvalidRequest",
		"The value specified in the x-amz-trailer header is not supported")
}

func invalidChecksum(header string) error {
	return sigv4.S3Error(sigv4.Incomplete, http.StatusBadRequest, "InvalidRequest",
		fmt.Sprintf("Value for %s trailing header is invalid.", header))
}

func wrongChecksum(name string) error {
	return sigv4.S3Error(sigv4.Mismatch, http.StatusBadRequest, "BadDigest",
		fmt.Sprintf("The %s you specified did not match the calculated checksum.", name))
}
