package sqs

import (
	"encoding/binary"
	"errors"
	"time"
)

// Versions of rows that are not JSON: each begins with its own.
const (
	rowVersion    = 1
	tenantVersion = 2 // of state and readyRow: the row has a tenant, which those of version 1 have not
)

var errRow = errors.New("sqs: malformed row")

// message is a message as its sender left it. Its row never changes.
type message struct {
	id            messageID
	sent          int64 // milliseconds since 1970: SentTimestamp
	enqueued      int64 // the same for retention, which starts anew when a FIFO message becomes a dead letter
	firstReceived int64 // milliseconds, before it came to this queue; 0 when it was not
	priorCount    uint64
	sequence      uint64 // FIFO only
	bodyMD5       [16]byte
	sender        string
	group         string
	dedup         string
	trace         string // AWSTraceHeader
	source        string // DeadLetterQueueSourceArn
	attributes    []attribute
	body          []byte
}

// attribute is a message attribute.
type attribute struct {
	name, dataType string
	value          []byte // text or bytes
}

// binary reports whether the value is bytes.
func (a *attribute) binary() bool { return len(a.dataType) >= 6 && a.dataType[:6] == "Binary" }

func appendText[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func (m *message) encode() []byte {
	n := 96 + len(m.sender) + len(m.group) + len(m.dedup) + len(m.trace) + len(m.source) + len(m.body)
	for i := range m.attributes {
		a := &m.attributes[i]
		n += 12 + len(a.name) + len(a.dataType) + len(a.value)
	}
	b := append(make([]byte, 0, n), rowVersion)
	b = append(b, m.id[:]...)
	b = binary.AppendVarint(b, m.sent)
	b = binary.AppendVarint(b, m.enqueued)
	b = binary.AppendVarint(b, m.firstReceived)
	b = binary.AppendUvarint(b, m.priorCount)
	b = binary.AppendUvarint(b, m.sequence)
	b = append(b, m.bodyMD5[:]...)
	b = appendText(b, m.sender)
	b = appendText(b, m.group)
	b = appendText(b, m.dedup)
	b = appendText(b, m.trace)
	b = appendText(b, m.source)
	b = binary.AppendUvarint(b, uint64(len(m.attributes)))
	for i := range m.attributes {
		a := &m.attributes[i]
		b = appendText(b, a.name)
		b = appendText(b, a.dataType)
		b = appendText(b, a.value)
	}
	return append(b, m.body...)
}

// decode reads a row. The body and the attributes' values share the row's bytes.
func (m *message) decode(row []byte) error {
	r := rowReader{rest: row}
	r.version()
	copy(m.id[:], r.take(16))
	m.sent = r.varint()
	m.enqueued = r.varint()
	m.firstReceived = r.varint()
	m.priorCount = r.uvarint()
	m.sequence = r.uvarint()
	copy(m.bodyMD5[:], r.take(16))
	m.sender = string(r.text())
	m.group = string(r.text())
	m.dedup = string(r.text())
	m.trace = string(r.text())
	m.source = string(r.text())
	m.attributes = nil
	if n := r.uvarint(); n > 0 && n <= maxMessageAttributes {
		m.attributes = make([]attribute, n)
		for i := range m.attributes {
			m.attributes[i] = attribute{name: string(r.text()), dataType: string(r.text()), value: r.text()}
		}
	} else if n > 0 {
		r.bad = true
	}
	m.body = r.rest
	if r.bad {
		return errRow
	}
	return nil
}

// place says where a message with a state row is.
type place uint8

// All places. A message without a state row is ready and was never received.
const (
	placeReady place = iota
	placeInFlight
	placeDelayed
)

// state is what changes about a message.
type state struct {
	place         place
	due           int64  // nanoseconds since 1970: when it becomes ready; 0 when it is
	received      int64  // nanoseconds: the last receive
	firstReceived int64  // milliseconds: the first receive from this queue; 0 before
	count         uint64 // receives from this queue
	nonce         uint64 // of the last receive's handle
	turn          uint64 // how often it became ready again; tells its ready row from older ones
	sequence      uint64 // FIFO only
	group         string // FIFO only
	tenant        tenant // of a standard queue; in flight, the message counts as one of the tenant's
}

func (st *state) encode() []byte {
	b := append(make([]byte, 0, 64+len(st.group)), rowVersion, byte(st.place))
	if st.tenant != 0 {
		b[0] = tenantVersion
		b = binary.AppendUvarint(b, uint64(st.tenant))
	}
	b = binary.AppendVarint(b, st.due)
	b = binary.AppendVarint(b, st.received)
	b = binary.AppendVarint(b, st.firstReceived)
	b = binary.AppendUvarint(b, st.count)
	b = binary.BigEndian.AppendUint64(b, st.nonce)
	b = binary.AppendUvarint(b, st.turn)
	b = binary.AppendUvarint(b, st.sequence)
	return append(b, st.group...)
}

func (st *state) decode(row []byte) error {
	r := rowReader{rest: row}
	version := r.versionTo(tenantVersion)
	st.place = place(r.byte())
	st.tenant = 0
	if version >= tenantVersion {
		st.tenant = r.tenant()
	}
	st.due = r.varint()
	st.received = r.varint()
	st.firstReceived = r.varint()
	st.count = r.uvarint()
	st.nonce = r.uint64()
	st.turn = r.uvarint()
	st.sequence = r.uvarint()
	st.group = string(r.rest)
	if r.bad || st.place > placeDelayed {
		return errRow
	}
	return nil
}

func (st *state) dueTime() time.Time { return time.Unix(0, st.due).UTC() }

// readyRow is a visible message of a standard queue. Turn 0 says that it has no state row. A row whose turn is not the
// state's is a left-over, which receivers remove.
type readyRow struct {
	id     messageID
	turn   uint64
	tenant tenant
}

func (r *readyRow) encode() []byte {
	b := append(make([]byte, 0, 24), rowVersion)
	b = append(b, r.id[:]...)
	b = binary.AppendUvarint(b, r.turn)
	if r.tenant != 0 {
		b[0] = tenantVersion
		b = binary.AppendUvarint(b, uint64(r.tenant))
	}
	return b
}

func (r *readyRow) decode(row []byte) error {
	rd := rowReader{rest: row}
	version := rd.versionTo(tenantVersion)
	copy(r.id[:], rd.take(16))
	r.turn = rd.uvarint()
	r.tenant = 0
	if version >= tenantVersion {
		r.tenant = rd.tenant()
	}
	if rd.bad {
		return errRow
	}
	return nil
}

// groupReadyRow is a group whose first message is visible. It is a left-over if the group's turn is not the same.
type groupReadyRow struct {
	group string
	turn  uint64
}

func (r *groupReadyRow) encode() []byte {
	b := append(make([]byte, 0, 12+len(r.group)), rowVersion)
	b = binary.AppendUvarint(b, r.turn)
	return append(b, r.group...)
}

func (r *groupReadyRow) decode(row []byte) error {
	rd := rowReader{rest: row}
	rd.version()
	r.turn = rd.uvarint()
	r.group = string(rd.rest)
	if rd.bad {
		return errRow
	}
	return nil
}

// groupRow is a group of a FIFO queue that has messages.
type groupRow struct {
	first, last uint64 // sequence numbers; first is that of the first message that is there
	turn        uint64 // of its groupReadyRow
	ready       bool   // whether it has one
}

func (g *groupRow) encode() []byte {
	b := append(make([]byte, 0, 40), rowVersion, 0)
	if g.ready {
		b[1] = 1
	}
	b = binary.AppendUvarint(b, g.first)
	b = binary.AppendUvarint(b, g.last)
	return binary.AppendUvarint(b, g.turn)
}

func (g *groupRow) decode(row []byte) error {
	r := rowReader{rest: row}
	r.version()
	g.ready = r.byte() == 1
	g.first = r.uvarint()
	g.last = r.uvarint()
	g.turn = r.uvarint()
	if r.bad {
		return errRow
	}
	return nil
}

// dedupRow is the message that was accepted under a deduplication id.
type dedupRow struct {
	at       int64 // nanoseconds
	id       messageID
	sequence uint64
}

func (d *dedupRow) encode() []byte {
	b := append(make([]byte, 0, 40), rowVersion)
	b = binary.AppendVarint(b, d.at)
	b = append(b, d.id[:]...)
	return binary.AppendUvarint(b, d.sequence)
}

func (d *dedupRow) decode(row []byte) error {
	r := rowReader{rest: row}
	r.version()
	d.at = r.varint()
	copy(d.id[:], r.take(16))
	d.sequence = r.uvarint()
	if r.bad {
		return errRow
	}
	return nil
}

// attemptRow is what a receive with a request attempt id gave out.
type attemptRow struct {
	at       int64 // nanoseconds
	messages []attemptMessage
}

type attemptMessage struct {
	id    messageID
	nonce uint64
	due   int64 // nanoseconds; another due time means that the message was touched since
}

func (a *attemptRow) encode() []byte {
	b := append(make([]byte, 0, 16+34*len(a.messages)), rowVersion)
	b = binary.AppendVarint(b, a.at)
	b = binary.AppendUvarint(b, uint64(len(a.messages)))
	for _, m := range a.messages {
		b = append(b, m.id[:]...)
		b = binary.BigEndian.AppendUint64(b, m.nonce)
		b = binary.AppendVarint(b, m.due)
	}
	return b
}

func (a *attemptRow) decode(row []byte) error {
	r := rowReader{rest: row}
	r.version()
	a.at = r.varint()
	n := r.uvarint()
	if n > maxReceiveMessages {
		return errRow
	}
	a.messages = make([]attemptMessage, n)
	for i := range a.messages {
		m := &a.messages[i]
		copy(m.id[:], r.take(16))
		m.nonce = r.uint64()
		m.due = r.varint()
	}
	if r.bad {
		return errRow
	}
	return nil
}

// rowReader takes a row apart. The first part that is missing makes it bad; then all parts are zero.
type rowReader struct {
	rest []byte
	bad  bool
}

var zeroes [16]byte

func (r *rowReader) take(n int) []byte {
	if r.bad || n < 0 || len(r.rest) < n {
		r.bad = true
		return zeroes[:min(max(n, 0), len(zeroes))]
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *rowReader) version() {
	if r.byte() != rowVersion {
		r.bad = true
	}
}

// versionTo reads a version up to the newest.
func (r *rowReader) versionTo(newest byte) byte {
	v := r.byte()
	if v < rowVersion || v > newest {
		r.bad = true
	}
	return v
}

func (r *rowReader) tenant() tenant {
	t := r.uvarint()
	if t == 0 || t > maxTenants {
		r.bad = true
		return 0
	}
	return tenant(t)
}

func (r *rowReader) byte() byte     { return r.take(1)[0] }
func (r *rowReader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *rowReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *rowReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *rowReader) text() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	return r.take(int(n))
}
