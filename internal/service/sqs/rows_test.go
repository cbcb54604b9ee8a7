package sqs

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func FuzzMessageRow(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), uint64(4), uint64(5), "sender", "group", "dedup", "trace", "source", "n", "String", []byte("v"), []byte("body"))
	f.Add(int64(-1), int64(0), int64(0), uint64(0), uint64(1<<63), "", "", "", "", "", "", "", []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sent, enqueued, first int64, prior, sequence uint64, sender, group, dedup, trace, source, name, dataType string, value, body []byte) {
		m := message{
			id: new(idClock).newID(time.UnixMilli(sent&0xFFFFFFFFFF), newSuffix()), sent: sent, enqueued: enqueued, firstReceived: first,
			priorCount: prior, sequence: sequence, bodyMD5: [16]byte{1, 2, 3}, sender: sender, group: group, dedup: dedup, trace: trace,
			source: source, attributes: []attribute{{name, dataType, append([]byte{}, value...)}}, body: append([]byte{}, body...),
		}
		row := m.encode()
		var got message
		if err := got.decode(row); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("decode(encode(m)) = %+v, %v\nwant %+v", got, err, m)
		}
		for n := range len(row) - len(body) {
			if err := got.decode(row[:n]); err == nil {
				t.Fatalf("a row cut to %d of %d bytes was decoded", n, len(row))
			}
		}
	})
}

func FuzzStateRow(f *testing.F) {
	f.Add(uint8(1), int64(1), int64(2), int64(3), uint64(4), uint64(5), uint64(6), uint64(7), "g")
	f.Fuzz(func(t *testing.T, where uint8, due, received, first int64, count, nonce, turn, sequence uint64, group string) {
		s := state{place(where % 3), due, received, first, count, nonce, turn, sequence, group, tenant(nonce % (maxTenants + 1))}
		var got state
		if err := got.decode(s.encode()); err != nil || got != s {
			t.Errorf("decode(encode(s)) = %+v, %v, want %+v", got, err, s)
		}
		r := readyRow{turn: turn, tenant: s.tenant}
		var r2 readyRow
		if err := r2.decode(r.encode()); err != nil || r2 != r {
			t.Errorf("ready row = %+v, %v, want %+v", r2, err, r)
		}
		g := groupRow{first: nonce, last: sequence, turn: turn, ready: where%2 == 1}
		var g2 groupRow
		if err := g2.decode(g.encode()); err != nil || g2 != g {
			t.Errorf("group row = %+v, %v, want %+v", g2, err, g)
		}
		gr := groupReadyRow{group: group, turn: turn}
		var gr2 groupReadyRow
		if err := gr2.decode(gr.encode()); err != nil || gr2 != gr {
			t.Errorf("group ready row = %+v, %v, want %+v", gr2, err, gr)
		}
		d := dedupRow{at: due, sequence: sequence}
		var d2 dedupRow
		if err := d2.decode(d.encode()); err != nil || d2 != d {
			t.Errorf("dedup row = %+v, %v, want %+v", d2, err, d)
		}
		a := attemptRow{at: due, messages: []attemptMessage{{nonce: nonce, due: received}, {due: first}}}
		var a2 attemptRow
		if err := a2.decode(a.encode()); err != nil || !reflect.DeepEqual(a2, a) {
			t.Errorf("attempt row = %+v, %v, want %+v", a2, err, a)
		}
	})
}

// Rows that are not ours must give errors, never panics.
func FuzzDecodeRows(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, row []byte) {
		_ = new(message).decode(row)
		_ = new(state).decode(row)
		_ = new(readyRow).decode(row)
		_ = new(groupRow).decode(row)
		_ = new(groupReadyRow).decode(row)
		_ = new(dedupRow).decode(row)
		_ = new(attemptRow).decode(row)
	})
}

func FuzzReceipt(f *testing.F) {
	f.Add(uint64(1), uint64(2), []byte("0123456789abcdef"), "fake")
	f.Fuzz(func(t *testing.T, queue, nonce uint64, id []byte, text string) {
		r := receipt{queue: queueID(queue), nonce: nonce}
		copy(r.id[:], id)
		handle := r.String()
		if got, ok := parseReceipt(handle); !ok || got != r {
			t.Fatalf("parseReceipt(%s) = %+v, %v, want %+v", handle, got, ok, r)
		}
		if got, ok := parseReceipt(text); ok && got.String() != text {
			t.Errorf("parseReceipt(%q) = %+v, whose text is another", text, got)
		}
		for i := range handle { // any other character in any place
			broken := handle[:i] + "A" + handle[i+1:]
			if _, ok := parseReceipt(broken); ok && broken != handle {
				t.Fatalf("parseReceipt(%s) accepted a handle that was changed at %d", broken, i)
			}
		}
	})
}

func TestMessageIDsAreOrdered(t *testing.T) {
	var c idClock
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	last := ""
	for i := range 10_000 {
		at := now.Add(time.Duration(i/100) * time.Microsecond)
		raw := c.newID(at, newSuffix())
		if d := raw.made().Sub(at); d < -time.Millisecond || d > 3*time.Millisecond {
			t.Fatalf("id %s says %v, want %v", raw, raw.made(), at)
		}
		id := raw.String()
		if id <= last || len(id) != 36 || id[14] != '4' || id[19] < '8' || id[19] > 'b' {
			t.Fatalf("id %s after %s", id, last)
		}
		last = id
	}
}

// Rows written before there were tenants, whose versions are 1, are read as they were meant.
func TestRowsWithoutTenants(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("testdata", "rows", name))
		if err != nil {
			t.Fatal(err)
		}
		row, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	var st state
	wantState := state{
		place: placeInFlight, due: 1767323045000000006, received: 1767323015000000006, firstReceived: 1767323010000,
		count: 3, nonce: 0x0123456789ABCDEF, turn: 2, sequence: 1767323000000000001, group: "customer",
	}
	if err := st.decode(read("state.v1.hex")); err != nil || st != wantState {
		t.Errorf("state = %+v, %v, want %+v", st, err, wantState)
	}
	var r readyRow
	wantReady := readyRow{id: messageID{0x80, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 15}, turn: 300}
	if err := r.decode(read("ready.v1.hex")); err != nil || r != wantReady {
		t.Errorf("ready row = %+v, %v, want %+v", r, err, wantReady)
	}
}
