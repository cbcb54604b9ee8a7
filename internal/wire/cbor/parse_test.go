package cbor_test

import (
	"encoding/hex"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	oracle "github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/cbor"
)

// value returns a node as what the oracle makes of the same bytes, with all numbers as float64.
func value(t *wire.Tree, id wire.NodeID) any {
	n := &t.Nodes[id]
	switch n.Kind {
	case wire.NodeString:
		return n.Text
	case wire.NodeBytes:
		return []byte(n.Text)
	case wire.NodeInt:
		return float64(int64(n.Bits))
	case wire.NodeFloat:
		return number(math.Float64frombits(n.Bits))
	case wire.NodeTrue:
		return true
	case wire.NodeFalse:
		return false
	case wire.NodeList:
		list := []any{}
		for c := n.First; c != 0; c = t.Nodes[c].Next {
			list = append(list, value(t, c))
		}
		return list
	case wire.NodeObject:
		object := map[any]any{}
		for c := n.First; c != 0; c = t.Nodes[c].Next {
			object[t.Nodes[c].Key] = value(t, c)
		}
		return object
	default:
		return nil
	}
}

func number(f float64) any {
	if math.IsNaN(f) {
		return "NaN"
	}
	return f
}

// plain returns a value of the oracle in the form of value.
func plain(v any) any {
	switch v := v.(type) {
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return number(v)
	case big.Int:
		f, _ := new(big.Float).SetInt(&v).Float64()
		return f
	case oracle.Tag:
		return plain(v.Content)
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, plain(e))
		}
		return list
	case map[any]any:
		object := map[any]any{}
		for key, e := range v {
			object[key] = plain(e)
		}
		return object
	}
	return v
}

// TestParseExamples reads the examples of RFC 8949, appendix A, that the protocol allows.
func TestParseExamples(t *testing.T) {
	for _, c := range []struct {
		in   string
		want any
	}{
		{"00", 0.0},
		{"17", 23.0},
		{"1818", 24.0},
		{"1903e8", 1000.0},
		{"1a000f4240", 1e6},
		{"1b000000e8d4a51000", 1e12},
		{"1bffffffffffffffff", 18446744073709551615.0},
		{"c249010000000000000000", 18446744073709551616.0},
		{"3bffffffffffffffff", -18446744073709551616.0},
		{"c349010000000000000000", -18446744073709551617.0},
		{"20", -1.0},
		{"3903e7", -1000.0},
		{"f90000", 0.0},
		{"f93c00", 1.0},
		{"fb3ff199999999999a", 1.1},
		{"f93e00", 1.5},
		{"f97bff", 65504.0},
		{"fa47c35000", 100000.0},
		{"fa7f7fffff", 3.4028234663852886e+38},
		{"fb7e37e43c8800759c", 1e300},
		{"f90001", 5.960464477539063e-8},
		{"f90400", 0.00006103515625},
		{"f9c400", -4.0},
		{"f97c00", math.Inf(1)},
		{"f97e00", "NaN"},
		{"f9fc00", math.Inf(-1)},
		{"f4", false},
		{"f5", true},
		{"f6", nil},
		{"f7", nil},
		{"c11a514b67b0", 1363896240.0},
		{"c1fb41d452d9ec200000", 1363896240.5},
		{"40", []byte{}},
		{"4401020304", []byte{1, 2, 3, 4}},
		{"60", ""},
		{"6449455446", "IETF"},
		{"62c3bc", "ü"},
		{"64f0908591", "𐅑"},
		{"80", []any{}},
		{"8301820203820405", []any{1.0, []any{2.0, 3.0}, []any{4.0, 5.0}}},
		{"a26161016162820203", map[any]any{"a": 1.0, "b": []any{2.0, 3.0}}},
		{"5f42010243030405ff", []byte{1, 2, 3, 4, 5}},
		{"7f657374726561646d696e67ff", "streaming"},
		{"9fff", []any{}},
		{"9f018202039f0405ffff", []any{1.0, []any{2.0, 3.0}, []any{4.0, 5.0}}},
		{"bf61610161629f0203ffff", map[any]any{"a": 1.0, "b": []any{2.0, 3.0}}},
		{"d9d9f7820102", []any{1.0, 2.0}},
	} {
		data, err := hex.DecodeString(c.in)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := cbor.Parse(string(data))
		if err != nil {
			t.Errorf("Parse(%s): %v", c.in, err)
			continue
		}
		if got := value(tree, 0); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Parse(%s) = %v, want %v", c.in, got, c.want)
		}
		tree.Free()
	}
}

func TestParseMalformed(t *testing.T) {
	for what, in := range map[string]string{
		"nothing":                          "",
		"something after":                  "0000",
		"cut head":                         "19 03",
		"cut text":                         "63 6161",
		"cut list":                         "82 01",
		"cut map":                          "a1 6161",
		"open list":                        "9f 01",
		"open text":                        "7f 6161",
		"a break alone":                    "ff",
		"a break in a definite list":       "81 ff",
		"a break for a value":              "bf 6161 ff",
		"integer of indefinite length":     "1f",
		"tag of indefinite length":         "df 00",
		"reserved length":                  "1c",
		"reserved simple value":            "f8 18",
		"unassigned simple value":          "e0",
		"length beyond the data":           "7b ffffffffffffffff 61",
		"list beyond the data":             "9b ffffffffffffffff 00",
		"map beyond the data":              "bb 7fffffffffffffff 6161 00",
		"key that is a number":             "a1 01 02",
		"key that is bytes":                "a1 4161 02",
		"bytes in text":                    "7f 4161 ff",
		"indefinite chunk":                 "7f 7f 6161 ff ff",
		"text that is not UTF-8":           "61 ff",
		"time that is text":                "c1 6161",
		"big integer that is not of bytes": "c2 01",
		"too deep lists":                   strings.Repeat("81", 200) + "00",
		"too deep tags":                    strings.Repeat("c6", 200) + "00",
		"too deep maps":                    strings.Repeat("a16161", 200) + "00",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cbor.Parse(string(data)); err == nil {
			t.Errorf("%s: Parse(%s) succeeded", what, in)
		}
	}
}

// FuzzParse compares with another implementation: what one reads the other reads, to the same value.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a26161016162820203", "bf61610161629f0203ffff", "c1fb41d452d9ec200000", "f97e00", "7f657374726561646d696e67ff", "c249010000000000000000"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	mode, err := oracle.DecOptions{
		MaxNestedLevels: 256, MaxArrayElements: math.MaxInt32, MaxMapPairs: math.MaxInt32, DefaultByteStringType: reflect.TypeFor[[]byte](),
		IntDec: oracle.IntDecConvertNone, UTF8: oracle.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := cbor.Parse(string(data))
		if err != nil {
			return // our subset is smaller: text keys only, no simple values, less deep
		}
		defer tree.Free()
		if err := mode.Wellformed(data); err != nil {
			t.Fatalf("Parse(%x) succeeded; the oracle says %v", data, err)
		}
		var want any
		if err := mode.Unmarshal(data, &want); err != nil {
			return // it minds what tags apply to, and has no times beyond some years
		}
		if hasTime(want) {
			return
		}
		if diff := cmp.Diff(plain(want), value(tree, 0)); diff != "" {
			t.Errorf("Parse(%x) (-oracle +got):\n%s", data, diff)
		}
	})
}

// hasTime reports whether the oracle made a time of a number, which it rounds and we keep.
func hasTime(v any) bool {
	switch v := v.(type) {
	case time.Time:
		return true
	case oracle.Tag:
		return hasTime(v.Content)
	case []any:
		return slices.ContainsFunc(v, hasTime)
	case map[any]any:
		for _, e := range v {
			if hasTime(e) {
				return true
			}
		}
	}
	return false
}
