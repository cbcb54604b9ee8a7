package sqs

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// receipt is what a receipt handle says: one receive of one message. The nonce is compared with the message's state row,
// so a handle cannot be guessed, survives restarts, and is told from those of earlier receives.
type receipt struct {
	queue queueID
	id    messageID
	nonce uint64
}

// receiptBytes are three bytes that make handles begin like AWS's, queue, message, nonce and a checksum of all.
const receiptBytes = 3 + 8 + 16 + 8 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// String returns the handle.
func (r receipt) String() string {
	var raw [receiptBytes]byte
	b := append(raw[:0], 1, 1, 1)
	b = binary.BigEndian.AppendUint64(b, uint64(r.queue))
	b = append(b, r.id[:]...)
	b = binary.BigEndian.AppendUint64(b, r.nonce)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return base64.StdEncoding.EncodeToString(b)
}

// parseReceipt reads a handle. It reports false for text that is not a handle that this service made.
func parseReceipt(handle string) (receipt, bool) {
	if len(handle) != receiptBytes/3*4 {
		return receipt{}, false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(handle)
	if err != nil || len(b) != receiptBytes || b[0] != 1 || b[1] != 1 || b[2] != 1 {
		return receipt{}, false
	}
	body, sum := b[:receiptBytes-4], b[receiptBytes-4:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(sum) {
		return receipt{}, false
	}
	return receipt{
		queue: queueID(binary.BigEndian.Uint64(b[3:])),
		id:    messageID(b[11:27]),
		nonce: binary.BigEndian.Uint64(b[27:]),
	}, true
}
