package chunked

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

// Options say what a body promises.
type Options struct {
	// Length is how many bytes there are once the coding is undone, as x-amz-decoded-content-length says.
	Length int64
	// Trailer says that a trailer follows the last chunk.
	Trailer bool
	// Checksum is the trailer that x-amz-trailer announces, in lower case, such as x-amz-checksum-crc32; or empty.
	Checksum string
	// Chain verifies the signatures of chunks and trailer; if nil, they are read over.
	Chain *sigv4.Chain
}

// ParseHeader returns what a request's headers promise about its body, and whether it is in the aws-chunked coding. The
// Chain is for the caller to add if signed is true and he verifies.
func ParseHeader(header http.Header) (o Options, signed, chunked bool, err error) {
	switch header.Get("X-Amz-Content-Sha256") {
	case sigv4.StreamingSigned, sigv4.StreamingAsymmetric:
		signed = true
	case sigv4.StreamingSignedTrailer, sigv4.StreamingAsymmetricTrailer:
		signed, o.Trailer = true, true
	case sigv4.StreamingUnsignedTrailer:
		o.Trailer = true
	default:
		return o, false, false, nil
	}
	o.Length, err = strconv.ParseInt(header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || o.Length < 0 {
		return o, signed, true, missingLength()
	}
	if o.Trailer {
		o.Checksum = strings.ToLower(strings.TrimSpace(header.Get("X-Amz-Trailer")))
	}
	if o.Checksum != "" {
		if _, _, ok := NewHash(o.Checksum); !ok {
			return o, signed, true, unsupportedTrailer()
		}
	}
	return o, signed, true, nil
}

// Reader undoes the aws-chunked coding of a body. It must not be used concurrently.
type Reader struct {
	src     *bufio.Reader
	options Options
	err     error // what all further reads return

	inChunk   bool
	left      int64 // of the chunk
	size      int64 // of the chunk
	number    int   // of the chunk, from 1
	total     int64 // read of the body, without coding
	signature string
	chunkHash hash.Hash // of the chunk, if it is verified

	checksum     hash.Hash // of the body, if a checksum is announced
	checksumName string
	sum          string // what the trailer said
}

// NewReader returns a reader of body. Its errors are *sigv4.Error where the body is at fault, else body's own.
func NewReader(body io.Reader, o Options) *Reader {
	r := &Reader{src: bufio.NewReaderSize(body, bufferSize), options: o}
	if o.Chain != nil {
		r.chunkHash = sha256.New()
	}
	if o.Checksum != "" {
		r.checksum, r.checksumName, _ = NewHash(o.Checksum)
	}
	return r
}

// Checksum returns the trailer that was verified, such as x-amz-checksum-crc32, and its value, once Read has returned
// io.EOF; both are empty if there was none.
func (r *Reader) Checksum() (header, value string) {
	if r.sum == "" {
		return "", ""
	}
	return r.options.Checksum, r.sum
}

// Read reads the next bytes of the body. io.EOF says that all of it was there and was verified.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.err == nil {
		if !r.inChunk {
			r.err = r.nextChunk()
			continue
		}
		n, err := r.src.Read(p[:min(int64(len(p)), r.left)])
		r.take(p[:n])
		switch {
		case err != nil:
			r.err = readError(err)
		case r.left == 0:
			r.err = r.endChunk()
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// take accounts for bytes of a chunk.
func (r *Reader) take(data []byte) {
	r.left -= int64(len(data))
	r.total += int64(len(data))
	if r.chunkHash != nil {
		r.chunkHash.Write(data)
	}
	if r.checksum != nil {
		r.checksum.Write(data)
	}
}

// nextChunk reads the line before a chunk; after the last chunk it reads the rest and returns io.EOF.
func (r *Reader) nextChunk() error {
	line, err := r.line()
	if err != nil {
		return err
	}
	sizeText, extension, _ := bytes.Cut(line, []byte(";"))
	size, ok := parseSize(sizeText)
	if !ok {
		return truncated()
	}
	if size > 0 && r.number > 0 && r.size < minChunk {
		return smallChunk(r.number, r.size)
	}
	if size > r.options.Length-r.total {
		return wrongLength()
	}
	signature, _ := bytes.CutPrefix(extension, []byte("chunk-signature="))
	r.size, r.left, r.signature = size, size, string(signature)
	r.number++
	if size > 0 {
		r.inChunk = true
		return nil
	}
	if err := r.verifyChunk(); err != nil {
		return err
	}
	return r.finish()
}

// parseSize reads the size of a chunk.
func parseSize(s []byte) (int64, bool) {
	if len(s) == 0 || len(s) > 16 {
		return 0, false
	}
	n := int64(0)
	for _, c := range s {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		if n = n<<4 | int64(c); n > maxChunk {
			return 0, false
		}
	}
	return n, true
}

// endChunk reads the line break after a chunk and verifies the chunk.
func (r *Reader) endChunk() error {
	r.inChunk = false
	var end [2]byte
	if _, err := io.ReadFull(r.src, end[:]); err != nil {
		return readError(err)
	}
	if end != [2]byte{'\r', '\n'} {
		return truncated()
	}
	return r.verifyChunk()
}

func (r *Reader) verifyChunk() error {
	if r.options.Chain == nil {
		return nil
	}
	var sum [sha256.Size]byte
	r.chunkHash.Sum(sum[:0])
	r.chunkHash.Reset()
	return r.options.Chain.VerifyChunk(sum, r.signature)
}

// finish reads what follows the last chunk, and returns io.EOF if all is well.
func (r *Reader) finish() error {
	if r.total != r.options.Length {
		return wrongLength()
	}
	var err error
	if r.options.Trailer {
		err = r.trailer()
	} else {
		err = r.blankLines()
	}
	if err != nil {
		return err
	}
	return io.EOF
}

// blankLines reads line breaks up to the end. There must be nothing else.
func (r *Reader) blankLines() error {
	for range maxTrailers {
		line, err := r.lineOrEnd()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case len(line) > 0:
			return truncated()
		}
	}
	return truncated()
}

// trailer reads and verifies the trailer: lines of the form name:value, the last of which may be its signature.
func (r *Reader) trailer() error {
	const signatureName = "x-amz-trailer-signature"
	var signature string
	signed := sha256.New()
	found := false
	for n := 0; ; n++ {
		line, err := r.lineOrEnd()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n == maxTrailers {
			return malformedTrailer()
		}
		if len(line) == 0 {
			continue
		}
		rawName, rawValue, ok := strings.Cut(string(line), ":")
		name, value := strings.ToLower(strings.TrimSpace(rawName)), strings.TrimSpace(rawValue)
		switch {
		case !ok || signature != "":
			return malformedTrailer()
		case name == signatureName:
			signature = value
			continue
		case name != r.options.Checksum || found:
			return malformedTrailer()
		}
		found, r.sum = true, value
		signed.Write([]byte(name + ":" + value + "\n"))
	}
	if r.options.Chain != nil {
		if err := r.options.Chain.VerifyTrailer([sha256.Size]byte(signed.Sum(nil)), signature); err != nil {
			return err
		}
	}
	if !found {
		if r.options.Checksum != "" {
			return malformedTrailer()
		}
		return nil
	}
	return r.verifyChecksum()
}

func (r *Reader) verifyChecksum() error {
	raw, err := base64.StdEncoding.Strict().DecodeString(r.sum)
	if err != nil || len(raw) != r.checksum.Size() {
		return invalidChecksum(r.options.Checksum)
	}
	if encodeSum(r.checksum) != r.sum {
		return wrongChecksum(r.checksumName)
	}
	return nil
}

// line reads a line without its end, which must be there.
func (r *Reader) line() ([]byte, error) {
	line, err := r.lineOrEnd()
	if errors.Is(err, io.EOF) {
		return nil, truncated()
	}
	return line, err
}

// lineOrEnd reads a line without its end, or returns io.EOF if the body ends before it. The line is valid until the
// next read.
func (r *Reader) lineOrEnd() ([]byte, error) {
	line, err := r.src.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull), len(line) > maxLine:
		return nil, truncated()
	case err != nil:
		return nil, readError(err)
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

// readError words the end of a body in the middle of a chunk.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return truncated()
	}
	return err
}
