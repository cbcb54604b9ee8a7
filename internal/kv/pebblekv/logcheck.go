package pebblekv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log may end in the middle of a record, since the power may go at any time. So Pebble reads up to the first chunk
// that is not valid and takes that for the end, also if it is a damaged one in the middle: everything after it is lost
// without a word. (It can note in the log how much was synced, but in v2.1.7 it does not count what a group fills whole
// blocks with, does not do so in the first log of a database, and does not look in the block of the damage.)
//
// So the store looks itself before Pebble does. Each group says in the log, in a mark, up to where the groups before it
// were synced. If a mark that lies beyond an invalid chunk says that what the chunk held was synced, it is damage. What
// nothing later vouches for cannot be told from an unfinished write: that is the last group before a crash, and
// nothing at all after Close.

// mark is what each group begins with: a record that Pebble logs and otherwise ignores.
//
// "cumulus" (7 bytes), then the sequence number after the last operation that is known to be on disk (8 bytes).
const markText = "cumulus"

const markBytes = len(markText) + 8

func appendMark(b []byte, durable uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, markText...), durable)
}

// Layout of a Pebble log.
const (
	blockBytes   = 32 << 10
	batchHeader  = 12 // sequence number, 8 bytes; number of operations, 4 bytes
	kindLogData  = 3
	recordPrefix = batchHeader + 2 + markBytes // all that is looked at
)

// chunk is a piece of a record.
type chunk struct {
	first, last bool
	payload     []byte
	size        int // with header
}

// parseChunk reads the chunk at the beginning of b, which ends with the block. Logs carry their number in each chunk.
func parseChunk(b []byte, logNumber uint32, log bool) (c chunk, ok bool) {
	if len(b) < 7 {
		return c, false
	}
	kind := int(b[6])
	header := 7
	if log {
		header = 11
		kind -= 4
		if kind > 4 {
			header = 19
			kind -= 4
		}
	}
	c.size = header + int(binary.LittleEndian.Uint16(b[4:]))
	if kind < 1 || kind > 4 || c.size > len(b) || log && binary.LittleEndian.Uint32(b[7:]) != logNumber {
		return c, false
	}
	sum := crc32.Checksum(b[6:c.size], crc32.MakeTable(crc32.Castagnoli))
	if binary.LittleEndian.Uint32(b) != (sum>>15|sum<<17)+0xa282ead8 {
		return c, false
	}
	c.first, c.last, c.payload = kind <= 2, kind == 1 || kind == 4, b[header:c.size]
	return c, true
}

// scanner goes through the chunks of a file.
type scanner struct {
	data   []byte
	number uint32
	log    bool
	at     int
}

// next returns the chunk at s.at and moves past it, skipping what is left of a block that has no room for one.
func (s *scanner) next() (chunk, bool) {
	if left := blockBytes - s.at%blockBytes; left < 19 && s.at+left <= len(s.data) {
		if c, ok := parseChunk(s.data[s.at:s.at+left], s.number, s.log); ok {
			s.at += c.size
			return c, true
		}
		if len(bytes.Trim(s.data[s.at:s.at+left], "\x00")) == 0 {
			s.at += left
		}
	}
	end := min(len(s.data), s.at-s.at%blockBytes+blockBytes)
	c, ok := parseChunk(s.data[s.at:end], s.number, s.log)
	if ok {
		s.at += c.size
	}
	return c, ok
}

// seek moves to the next valid chunk that begins a record at or after s.at.
func (s *scanner) seek() bool {
	var number [4]byte
	binary.LittleEndian.PutUint32(number[:], s.number)
	for ; s.at+7 <= len(s.data); s.at++ {
		if s.log { // jump to where the log's number comes next
			if s.at+11 > len(s.data) {
				return false
			}
			i := bytes.Index(s.data[s.at+7:], number[:])
			if i < 0 {
				return false
			}
			s.at += i
		}
		end := min(len(s.data), s.at-s.at%blockBytes+blockBytes)
		if c, ok := parseChunk(s.data[s.at:end], s.number, s.log); ok && c.first {
			return true
		}
	}
	return false
}

// record is the beginning of a batch in the log.
type record struct {
	start, end uint64 // sequence numbers of its operations, [start, end)
	durable    uint64 // what its mark says, or 0
	complete   bool   // it was read up to its end
}

// record reads the record at s.at. It returns false if its beginning is not valid.
func (s *scanner) record() (r record, ok bool) {
	var prefix []byte
	for n := 0; ; n++ {
		at := s.at
		c, ok := s.next()
		if !ok {
			break
		}
		if c.first != (n == 0) {
			s.at = at - 1 // just before what is not part of the record, as with an invalid chunk
			break
		}
		prefix = append(prefix, c.payload[:min(len(c.payload), recordPrefix-len(prefix))]...)
		if c.last {
			r.complete = true
			break
		}
	}
	if len(prefix) < batchHeader {
		return r, !s.log && r.complete
	}
	r.start = binary.LittleEndian.Uint64(prefix)
	r.end = r.start + uint64(binary.LittleEndian.Uint32(prefix[8:]))
	if mark := prefix[batchHeader:]; len(mark) >= 2+markBytes && mark[0] == kindLogData && int(mark[1]) == markBytes && string(mark[2:2+len(markText)]) == markText {
		r.durable = binary.LittleEndian.Uint64(mark[2+len(markText):])
	}
	return r, true
}

// checkLog returns the position of damage in a log, and whether there is any.
func checkLog(data []byte, number uint32) (int, bool) {
	s := scanner{data: data, number: number, log: true}
	var before uint64 // end of the last record that Pebble reads
	bad := 0
	for {
		r, ok := s.record()
		if !ok || !r.complete {
			break
		}
		before, bad = r.end, s.at
	}
	for s.at++; s.seek(); { // from behind the invalid chunk
		r, ok := s.record()
		if !ok {
			s.at++
			continue
		}
		if before == 0 {
			before = r.start - 1 // the damage is at the beginning of the log, and must be what precedes r
		}
		if r.durable > before {
			return bad, true
		}
	}
	return 0, false
}

// checkManifest does the same for the manifest, each record of which is synced before the next one is written.
func checkManifest(data []byte) (int, bool) {
	s := scanner{data: data}
	bad := 0
	for {
		r, ok := s.record()
		if !ok || !r.complete {
			break
		}
		bad = s.at
	}
	s.at++
	return bad, s.seek()
}

// checkLogs looks for damage in the logs and the manifest of a database that is not open, and returns the manifest's
// name.
func checkLogs(fs vfs.FS, dir string) (manifest string, err error) {
	db, err := pebble.Peek(dir, fs)
	if err != nil {
		return "", err
	}
	if !db.Exists {
		return "a new manifest", nil
	}
	names, err := fs.List(dir)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		var at int
		var damaged bool
		switch number, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 64); {
		case isLog(name) && err == nil:
			data, err := readFile(fs, path)
			if err != nil {
				return "", err
			}
			at, damaged = checkLog(data, uint32(number))
		case path == db.ManifestFilename:
			data, err := readFile(fs, path)
			if err != nil {
				return "", err
			}
			at, damaged = checkManifest(data)
		}
		if damaged {
			return "", fmt.Errorf("data is corrupt: %s: invalid at byte %d of what was synced", path, at)
		}
	}
	return db.ManifestFilename, nil
}

func readFile(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name, vfs.SequentialReadsOption)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}
