package pebblekv

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	pebblelog "github.com/cockroachdb/pebble/v2/record"
)

// batchRecord is what a group looks like in the log, up to its mark; all before it is durable.
func batchRecord(rng *rand.Rand, start uint64, operations, size int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, start)
	b = binary.LittleEndian.AppendUint32(b, uint32(operations))
	b = append(b, kindLogData, byte(markBytes))
	b = appendMark(b, start)
	for range size {
		b = append(b, byte(rng.Uint32()))
	}
	return b
}

// randomSize returns a length that often makes a record end close to the end of a block.
func randomSize(rng *rand.Rand, written int) int {
	switch rng.IntN(4) {
	case 0:
		return rng.IntN(100)
	case 1:
		return rng.IntN(3 * blockBytes)
	default:
		left := blockBytes - written%blockBytes
		return max(0, left-recordPrefix-40+rng.IntN(60))
	}
}

// writeLog returns a log of random groups, and where each begins.
func writeLog(t *testing.T, rng *rand.Rand, number uint32, groups int) (data []byte, ends []int) {
	t.Helper()
	var buf bytes.Buffer
	w := pebblelog.NewLogWriter(&buf, 7, pebblelog.LogWriterConfig{
		QueueSemChan: make(chan struct{}, 100), WriteWALSyncOffsets: func() bool { return number%2 == 1 },
	})
	start, written := uint64(10), 0
	for range groups {
		n := 1 + rng.IntN(5)
		end, err := w.WriteRecord(batchRecord(rng, start, n, randomSize(rng, written)))
		if err != nil {
			t.Fatal(err)
		}
		written = int(end)
		ends = append(ends, written)
		start += uint64(n)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), ends
}

// A log that is whole, or that ends anywhere, is not taken for a damaged one; one with a hole is, unless the hole is in
// the last group.
func TestCheckLog(t *testing.T) {
	for seed := range uint64(10 * *crashRounds) {
		rng := rand.New(rand.NewPCG(seed, 3))
		data, ends := writeLog(t, rng, uint32(seed), 8)
		if at, damaged := checkLog(data, 7); damaged {
			t.Fatalf("seed %d: damage at %d of a good log of %d bytes, whose groups end at %v", seed, at, len(data), ends)
		}
		for range 10 {
			cut := rng.IntN(len(data))
			torn := append(bytes.Clone(data[:cut]), make([]byte, rng.IntN(50_000))...)
			if at, damaged := checkLog(torn, 7); damaged {
				t.Fatalf("seed %d: damage at %d of a log that ends at %d", seed, at, cut)
			}
			// A log that overwrites an older one.
			if cut <= len(data) {
				old, _ := writeLog(t, rng, uint32(seed), 8)
				for i := range old { // as if of another number: no chunk of it is valid
					old[i] ^= 0x55
				}
				if cut < len(old) {
					if at, damaged := checkLog(append(bytes.Clone(data[:cut]), old[cut:]...), 7); damaged {
						t.Fatalf("seed %d: damage at %d of a recycled log that ends at %d", seed, at, cut)
					}
				}
			}
			hole := rng.IntN(ends[len(ends)-2])
			bad := bytes.Clone(data)
			bad[hole] ^= 1 << rng.IntN(8)
			if _, damaged := checkLog(bad, 7); !damaged && !padding(data, hole) {
				t.Fatalf("seed %d: no damage found in a log with a flip at %d, whose groups end at %v", seed, hole, ends)
			}
		}
	}
}

// padding reports whether a byte is one that no chunk holds, at the end of a block.
func padding(data []byte, at int) bool {
	end := min(len(data), at-at%blockBytes+blockBytes)
	return end-at < 19 && len(bytes.Trim(data[at:end], "\x00")) == 0
}

// The same for a manifest, except that also the last but one of its records is durable.
func TestCheckManifest(t *testing.T) {
	for seed := range uint64(50 * *crashRounds) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var buf bytes.Buffer
		w := pebblelog.NewWriter(&buf)
		var ends []int
		for range 8 {
			if _, err := w.WriteRecord(make([]byte, randomSize(rng, buf.Len()))); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, buf.Len())
		}
		data := buf.Bytes()
		for cut := len(data); cut > 0; cut -= 1 + rng.IntN(len(data)/20+1) {
			if at, damaged := checkManifest(data[:cut]); damaged {
				t.Fatalf("seed %d: damage at %d of a manifest that ends at %d of %v", seed, at, cut, ends)
			}
		}
		hole := rng.IntN(ends[len(ends)-2])
		bad := bytes.Clone(data)
		bad[hole] ^= 1 << rng.IntN(8)
		if _, damaged := checkManifest(bad); !damaged && !padding(data, hole) {
			t.Fatalf("seed %d: no damage found in a manifest with a flip at %d, whose records end at %v", seed, hole, ends)
		}
	}
}
