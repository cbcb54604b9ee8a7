package eventstream_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	oracle "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/wire/eventstream"
)

func allTypes() *eventstream.Frame {
	return &eventstream.Frame{
		Headers: []eventstream.Header{
			eventstream.Bool("true", true), eventstream.Bool("false", false),
			{Name: "byte", Type: eventstream.Byte, Int: -7},
			{Name: "short", Type: eventstream.Short, Int: -300},
			{Name: "int", Type: eventstream.Integer, Int: 1 << 30},
			{Name: "long", Type: eventstream.Long, Int: -1 << 60},
			{Name: "bytes", Type: eventstream.Bytes, Data: "\x00\xff"},
			eventstream.Text("text", "hällo"),
			eventstream.Time("time", time.UnixMilli(1700000000123)),
			{Name: "uuid", Type: eventstream.UUID, Data: "0123456789abcdef"},
		},
		Payload: []byte("payload"),
	}
}

// TestFrameOracle lets AWS's SDK read a frame with headers of every type, and reads what the SDK writes.
func TestFrameOracle(t *testing.T) {
	want := allTypes()
	data, err := eventstream.AppendFrame(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := oracle.NewDecoder().Decode(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatalf("the SDK says of our frame: %v", err)
	}
	if got := msg.Headers.Get("time").(oracle.TimestampValue); !time.Time(got).Equal(time.UnixMilli(1700000000123)) {
		t.Errorf("the SDK reads the time %v", got)
	}
	var b bytes.Buffer
	if err := oracle.NewEncoder().Encode(&b, msg); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), data) {
		t.Errorf("the SDK writes %x, we write %x", b.Bytes(), data)
	}
	got, rest, err := eventstream.Parse(append(b.Bytes(), 1, 2))
	if err != nil || !bytes.Equal(rest, []byte{1, 2}) {
		t.Fatalf("Parse left %x, %v", rest, err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	good, err := eventstream.AppendFrame(nil, allTypes())
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, _, err := eventstream.Parse(good[:n]); !errors.Is(err, eventstream.ErrShort) {
			t.Fatalf("Parse of %d of %d bytes = %v, want ErrShort", n, len(good), err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, _, err := eventstream.Parse(bad); !errors.Is(err, eventstream.ErrChecksum) {
			t.Fatalf("Parse with byte %d changed = %v, want ErrChecksum", i, err)
		}
	}
}

func TestFrameLimits(t *testing.T) {
	for what, f := range map[string]*eventstream.Frame{
		"no name":       {Headers: []eventstream.Header{eventstream.Text("", "x")}},
		"long name":     {Headers: []eventstream.Header{eventstream.Text(strings.Repeat("n", 256), "x")}},
		"long value":    {Headers: []eventstream.Header{eventstream.Text("n", strings.Repeat("x", 1<<15))}},
		"short uuid":    {Headers: []eventstream.Header{{Name: "n", Type: eventstream.UUID, Data: "x"}}},
		"unknown type":  {Headers: []eventstream.Header{{Name: "n", Type: 10}}},
		"many headers":  {Headers: slicesOf(5, eventstream.Text("n", strings.Repeat("x", 1<<15-1)))},
		"large payload": {Payload: make([]byte, 24<<20+1)},
	} {
		if b, err := eventstream.AppendFrame([]byte("x"), f); err == nil || string(b) != "x" {
			t.Errorf("%s: AppendFrame = %d bytes, %v; want an error and nothing written", what, len(b), err)
		}
	}
}

func slicesOf(n int, h eventstream.Header) []eventstream.Header {
	var hs []eventstream.Header
	for range n {
		hs = append(hs, h)
	}
	return hs
}

// FuzzParse never panics, agrees with the SDK of AWS about what is a frame, and writes back what it read. Of headers with
// one name the SDK keeps the last.
func FuzzParse(f *testing.F) {
	seed, err := eventstream.AppendFrame(nil, allTypes())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, true)
	f.Add(seed[12:], false)
	f.Fuzz(func(t *testing.T, data []byte, framed bool) {
		if !framed { // take the data as headers, so that the checksums are right
			data = eventstream.WithHeaders(data)
		}
		got, rest, err := eventstream.Parse(data)
		msg, oracleErr := oracle.NewDecoder().Decode(bytes.NewReader(data), nil)
		if err != nil {
			return // the SDK takes empty names and larger frames
		}
		if oracleErr != nil {
			t.Fatalf("Parse(%x) succeeded; the SDK says %v", data, oracleErr)
		}
		if !bytes.Equal(msg.Payload, got.Payload) || len(msg.Headers) > len(got.Headers) {
			t.Fatalf("Parse(%x) = %v, the SDK has %v", data, got, msg)
		}
		again, err := eventstream.AppendFrame(nil, &got)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, data[:len(data)-len(rest)]) {
			t.Errorf("read %x, wrote %x", data, again)
		}
	})
}
