package httpbinding

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// Payload is what Bind found out about the body of an answer.
type Payload struct {
	Bare     bool             // there are no members at all
	Elements bool             // some members are elements of the body
	Member   *wire.Member     // the one that is the whole body, or nil
	Written  bool             // the body has been written: a blob, text, document or stream
	Shape    wire.Shape       // Member's structure, nil when it is absent
	Events   wire.EventSource // Member's events, nil when it is absent
}

// Bind writes the headers, the status and bodies that are not a structure from an output or an exception. It sets
// Content-Type for those bodies, unless a member is bound to it.
func Bind(out wire.Shape, resp *wire.Response) Payload {
	b := binder{resp: resp}
	b.payload.Bare = true
	out.Fields(&b)
	return b.payload
}

// binder is the Visitor of an output's own members.
type binder struct {
	resp    *wire.Response
	payload Payload

	list   *wire.Member // in a header, while its elements are visited
	items  []string
	prefix string // of the names of a map of headers
	key    string // the current entry of that map
	entry  bool
}

func (b *binder) set(name, value string) {
	b.resp.SetHeader(http.CanonicalHeaderKey(name), headerText(value))
}

// headerText keeps line breaks from splitting headers.
func headerText(value string) string {
	if !strings.ContainsAny(value, "\r\n\x00") {
		return value
	}
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(value)
}

// scalar puts a value where m is bound to.
func (b *binder) scalar(m *wire.Member, text string) {
	b.payload.Bare = false
	switch {
	case b.list != nil:
		b.items = append(b.items, text)
	case b.entry:
		b.set(b.key, text)
	case m.In == wire.InHeader:
		b.set(m.Wire, text)
	case m.In == wire.InBody:
		b.payload.Elements = true
	case m.In == wire.InPayload:
		writeBody(b, m, "text/plain", text)
	}
}

// note is called for members that are absent.
func (b *binder) note(m *wire.Member) {
	b.payload.Bare = false
	switch m.In {
	case wire.InBody:
		b.payload.Elements = true
	case wire.InPayload:
		b.payload.Member = m
	default: // a header or the status
	}
}

func writeBody[T string | []byte | wire.Document](b *binder, m *wire.Member, contentType string, body T) {
	b.payload.Bare = false
	b.payload.Member, b.payload.Written = m, true
	b.contentType(contentType)
	b.resp.Body = append(b.resp.Buffer(), body...)
}

func (b *binder) contentType(value string) {
	if len(b.resp.Header["Content-Type"]) == 0 {
		b.resp.SetHeader("Content-Type", value)
	}
}

// String implements wire.Visitor.
func (b *binder) String(m *wire.Member, p *string) {
	switch {
	case b.list != nil && strings.ContainsAny(*p, `",`):
		b.items = append(b.items, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*p)+`"`)
	case m.JSONValue && m.In == wire.InHeader:
		b.scalar(m, base64.StdEncoding.EncodeToString([]byte(*p)))
	default:
		b.scalar(m, *p)
	}
}

// OptString implements wire.Visitor.
func (b *binder) OptString(m *wire.Member, p **string) {
	if *p == nil {
		b.note(m)
		return
	}
	b.String(m, *p)
}

// Bool implements wire.Visitor.
func (b *binder) Bool(m *wire.Member, p *bool) { b.scalar(m, strconv.FormatBool(*p)) }

// OptBool implements wire.Visitor.
func (b *binder) OptBool(m *wire.Member, p **bool) {
	if *p == nil {
		b.note(m)
		return
	}
	b.Bool(m, *p)
}

// Int32 implements wire.Visitor.
func (b *binder) Int32(m *wire.Member, p *int32) {
	if m.In == wire.InStatus {
		b.payload.Bare = false
		if *p >= 100 && *p <= 999 {
			b.resp.Status = int(*p)
		}
		return
	}
	b.scalar(m, strconv.FormatInt(int64(*p), 10))
}

// OptInt32 implements wire.Visitor.
func (b *binder) OptInt32(m *wire.Member, p **int32) {
	if *p == nil {
		b.note(m)
		return
	}
	b.Int32(m, *p)
}

// Int64 implements wire.Visitor.
func (b *binder) Int64(m *wire.Member, p *int64) { b.scalar(m, strconv.FormatInt(*p, 10)) }

// OptInt64 implements wire.Visitor.
func (b *binder) OptInt64(m *wire.Member, p **int64) {
	if *p == nil {
		b.note(m)
		return
	}
	b.Int64(m, *p)
}

// Float64 implements wire.Visitor.
func (b *binder) Float64(m *wire.Member, p *float64) {
	b.scalar(m, string(wire.AppendFloat(nil, *p, m.Of.Kind)))
}

// OptFloat64 implements wire.Visitor.
func (b *binder) OptFloat64(m *wire.Member, p **float64) {
	if *p == nil {
		b.note(m)
		return
	}
	b.Float64(m, *p)
}

// Time implements wire.Visitor.
func (b *binder) Time(m *wire.Member, p *time.Time) {
	format := m.Of.TimestampFormat
	if format == "" {
		format = "rfc822"
	}
	b.scalar(m, string(wire.AppendTime(nil, *p, format)))
}

// OptTime implements wire.Visitor.
func (b *binder) OptTime(m *wire.Member, p **time.Time) {
	if *p == nil {
		b.note(m)
		return
	}
	b.Time(m, *p)
}

// Blob implements wire.Visitor.
func (b *binder) Blob(m *wire.Member, p *[]byte) {
	switch {
	case *p == nil:
		b.note(m)
	case m.In == wire.InPayload:
		writeBody(b, m, "application/octet-stream", *p)
	default:
		b.scalar(m, base64.StdEncoding.EncodeToString(*p))
	}
}

// Body implements wire.Visitor.
func (b *binder) Body(m *wire.Member, p *io.Reader) {
	b.note(m)
	if *p == nil {
		return
	}
	body := *p
	b.payload.Member, b.payload.Written = m, true
	b.contentType("application/octet-stream")
	b.resp.Stream = func(w io.Writer, _ func() error) error {
		if c, ok := body.(io.Closer); ok {
			defer c.Close()
		}
		_, err := io.Copy(w, body)
		return err
	}
}

// Document implements wire.Visitor.
func (b *binder) Document(m *wire.Member, p *wire.Document) {
	if *p == nil || m.In != wire.InPayload {
		b.note(m)
		return
	}
	writeBody(b, m, "application/json", *p)
}

// Make implements wire.Visitor.
func (b *binder) Make(m *wire.Member) bool {
	b.note(m)
	return false
}

// Struct implements wire.Visitor.
func (b *binder) Struct(m *wire.Member, s wire.Shape) {
	b.note(m)
	if m.In == wire.InPayload {
		b.payload.Shape = s
	}
}

// BeginList implements wire.Visitor.
func (b *binder) BeginList(m *wire.Member, n int) int {
	b.note(m)
	if n < 0 || m.In != wire.InHeader {
		return -1
	}
	b.list, b.items = m, b.items[:0]
	return n
}

// Item implements wire.Visitor.
func (b *binder) Item(int) {}

// EndList implements wire.Visitor.
func (b *binder) EndList(m *wire.Member) {
	b.list = nil
	if len(b.items) > 0 {
		b.set(m.Wire, strings.Join(b.items, ", "))
	}
}

// BeginMap implements wire.Visitor.
func (b *binder) BeginMap(m *wire.Member, n int) int {
	b.note(m)
	if n < 0 || m.In != wire.InHeaders {
		return -1
	}
	b.entry, b.prefix = true, m.Wire
	return n
}

// Entry implements wire.Visitor.
func (b *binder) Entry(_ int, key string) string {
	b.key = b.prefix + key
	return key
}

// EndMap implements wire.Visitor.
func (b *binder) EndMap(*wire.Member) { b.entry = false }

// Events implements wire.Visitor.
func (b *binder) Events(m *wire.Member, events wire.EventSource) {
	b.note(m)
	b.payload.Member, b.payload.Events = m, events
}
