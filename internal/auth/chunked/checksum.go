package chunked

import (
	"crypto/sha1" //nolint:gosec // one of S3's checksums
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
	"sync"
)

// headerPrefix begins the names of headers and trailers that hold a checksum.
const headerPrefix = "x-amz-checksum-"

// nvme returns the table of CRC-64/NVME, with its polynomial reflected.
var nvme = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(0x9a6c9329ac4bc9b5) })

// NewHash returns the checksum that a header or trailer such as x-amz-checksum-crc32 names, in lower case, and what S3
// calls it, such as CRC32; ok is false if there is none.
func NewHash(header string) (h hash.Hash, name string, ok bool) {
	switch strings.TrimPrefix(header, headerPrefix) {
	case "crc32":
		return crc32.NewIEEE(), "CRC32", true
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli)), "CRC32C", true
	case "crc64nvme":
		return crc64.New(nvme()), "CRC64NVME", true
	case "sha1":
		return sha1.New(), "SHA1", true
	case "sha256":
		return sha256.New(), "SHA256", true
	}
	return nil, "", false
}

// encodeSum returns a checksum as headers hold it.
func encodeSum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }
