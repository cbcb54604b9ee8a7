package kv

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"math"
	"strings"
	"testing"
	"time"
)

func TestReadableKeys(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	stamp := Stamp{0, 0, 0, 0, 0, 0, 1, 2, 0xab, 0xcd}
	for _, tt := range []struct {
		key  Key
		want string
	}{
		{nil, ``},
		{K(TableReady), `ready`},
		{K(TableReady).Str("acct").Str("region").Uint64(7).Time(at).Stamp(stamp), `ready/"acct"/"region"/7/2026-01-02T03:04:05.000000006Z/#0000000000000102abcd`},
		{K(999).Str("a/b\"c\x00\xff"), `table999/"a/b\"c\x00\xff"`},
		{K(TableTimer).Bytes(nil).Bytes([]byte("ab")), `timer/0x/0x6162`},
		{K(TableTimer).Int64(7).Int64(-7).Int64(0), `timer/+7/-7/+0`},
		{K(TableTimer).Time(time.Unix(0, math.MinInt64)).Time(time.Unix(0, math.MaxInt64)), `timer/1677-09-21T00:12:43.145224192Z/2262-04-11T23:47:16.854775807Z`},
		{K(TableReady).Str("a").StampPrefix(), `ready/"a"/!07`},
		{K(TableReady).Str("a").Next(), `ready/"a"/!00`},
	} {
		if got := tt.key.String(); got != tt.want {
			t.Errorf("String() = %s, want %s", got, tt.want)
		}
		if got, err := ParseKey(tt.want); err != nil || !bytes.Equal(got, tt.key) {
			t.Errorf("ParseKey(%s) = %x, %v; want %x", tt.want, []byte(got), err, []byte(tt.key))
		}
	}
}

func TestParseKeyErrors(t *testing.T) {
	for _, s := range []string{
		`nothing`, `tableX`, `table99999`, `ready/`, `/ready`, `ready//7`, `"open`, `"a"b`, `0x1`, `#12`, `+`, `18446744073709551616`,
		`2026-01-02T03:04:05`, `9999-01-01T00:00:00Z`, `!x`, ` `,
	} {
		if got, err := ParseKey(s); err == nil {
			t.Errorf("ParseKey(%s) = %v, want an error", s, got)
		}
	}
}

// FuzzKeyString checks that every key, well-formed or not, can be read back from what it prints.
func FuzzKeyString(f *testing.F) {
	f.Add([]byte(K(TableReady).Str("a/b").Bytes([]byte{0, 0xFF}).Uint64(7).Int64(-7).Time(time.Unix(1, 2)).Stamp(Stamp{1})))
	f.Add([]byte(K(TableReady).Str("a").Next()))
	f.Add([]byte{partString, 0, 0xFF})
	f.Fuzz(func(t *testing.T, data []byte) {
		k := Key(data)
		got, err := ParseKey(k.String())
		if err != nil || !bytes.Equal(got, k) {
			t.Errorf("ParseKey(%s) = %x, %v; want %x", k, []byte(got), err, data)
		}
	})
}

// FuzzParseKey checks that what parses prints as something that parses to the same key.
func FuzzParseKey(f *testing.F) {
	f.Add(`ready/"acct"/7/+7/2026-01-02T03:04:05.000000006Z/#0000000000000102abcd/0x6162/!00`)
	f.Add(`table12/"\u00e4"/-0/007`)
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		again, err := ParseKey(k.String())
		if err != nil || !bytes.Equal(again, k) {
			t.Errorf("%q parses to %x, which prints as %s, which parses to %x, %v", s, []byte(k), k, []byte(again), err)
		}
	})
}

// TestTables checks that each table has a name and a number of its own, by reading the list of constants.
func TestTables(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "table.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	numbers, names := map[string]string{}, map[string]Table{}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			value := spec.(*ast.ValueSpec)
			name, number := value.Names[0].Name, value.Values[0].(*ast.BasicLit).Value
			if other, ok := numbers[number]; ok {
				t.Errorf("%s and %s have the same number", name, other)
			}
			numbers[number] = name
			if k, err := ParseKey("table" + number); err != nil || strings.HasPrefix(k.String(), "table") {
				t.Errorf("%s prints as %v, %v; want its name: add it to tableNames", name, k, err)
			}
		}
	}
	if len(numbers) != len(tableNames) {
		t.Errorf("there are %d tables and %d names", len(numbers), len(tableNames))
	}
	for table, name := range tableNames {
		if other, ok := names[name]; ok {
			t.Errorf("tables %d and %d have the same name", table, other)
		}
		names[name] = table
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("table name %q has other characters than letters and hyphens", name)
		}
	}
}

// rows is a Reader of fixed rows.
type rows [][2]string

func (r rows) Get(Key) []byte           { return nil }
func (r rows) GetMany(k []Key) [][]byte { return make([][]byte, len(k)) }
func (r rows) Now() time.Time           { return time.Time{} }
func (r rows) Scan(Range) iter.Seq2[Key, []byte] {
	return func(yield func(Key, []byte) bool) {
		for _, row := range r {
			if !yield(K(TableReady).Str(row[0]), []byte(row[1])) {
				return
			}
		}
	}
}

func TestDump(t *testing.T) {
	var out strings.Builder
	err := Dump(&out, rows{
		{"json", `{"a": [1, "b"]}`},
		{"lines", "[\n1,\n2]"},
		{"broken", `{"a"`},
		{"text", "grüße\n"},
		{"number", "\x00\x00\x00\x00\x00\x00\x00\x07"},
		{"binary", "\x01\xff"},
		{"empty", ""},
	}, Range{})
	want := `ready/"json" -> {"a": [1, "b"]}
ready/"lines" -> [1,2]
ready/"broken" -> "{\"a\""
ready/"text" -> "grüße\n"
ready/"number" -> 0x0000000000000007
ready/"binary" -> 0x01ff
ready/"empty" -> ""
`
	if err != nil || out.String() != want {
		t.Errorf("Dump printed\n%s, %v; want\n%s", out.String(), err, want)
	}
}
