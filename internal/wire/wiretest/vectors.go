package wiretest

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/cumulet/cumulet/internal/wire"
)

// vectors are botocore's protocol tests, without those of the EC2 protocol, which no service here speaks.
//
//go:embed testdata/protocols
var vectors embed.FS

// A Case is a vector: a request with the input that it means, or an output or error with the answer that it means.
type Case struct {
	Name     string // the file, and in it the id or, in older files, the place
	Protocol string // as in the models
	Input    bool   // whether it is a request

	model *Model
	op    string
	raw   caseDef
}

type suiteDef struct {
	Metadata json.RawMessage
	Shapes   json.RawMessage
	Cases    []caseDef
}

type caseDef struct {
	ID           string
	Given        operationDef
	Params       any
	Result       any
	Error        any
	ErrorCode    string
	ErrorMessage string
	Serialized   struct {
		Method, URI string
		Body        *string
		Headers     map[string]string
	}
	Response struct {
		StatusCode int `json:"status_code"`
		Headers    map[string]string
		Body       string
	}
}

// fileProtocol returns the protocol that a file of vectors is about.
func fileProtocol(file string) string {
	name := strings.TrimSuffix(path.Base(file), ".json")
	for _, p := range []string{"smithy-rpc-v2-cbor", "rest-json", "rest-xml", "query", "json"} {
		if strings.HasPrefix(name, p) {
			return p
		}
	}
	return name
}

// Cases returns all vectors.
func Cases() ([]Case, error) {
	const root = "testdata/protocols"
	var cases []Case
	err := fs.WalkDir(vectors, root, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".json" {
			return err
		}
		data, err := vectors.ReadFile(file)
		if err != nil {
			return err
		}
		var suites []suiteDef
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&suites); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, root+"/"), ".json")
		for i, s := range suites {
			for j, c := range s.Cases {
				id := c.ID
				if id == "" {
					id = fmt.Sprintf("%d.%d", i, j)
				}
				m := &Model{}
				if err := errors.Join(json.Unmarshal(s.Metadata, &m.def.Metadata), json.Unmarshal(s.Shapes, &m.def.Shapes)); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				m.init()
				m.def.Operations.values = map[string]*operationDef{c.Given.Name: &c.Given}
				m.addOperation(&c.Given, "")
				m.complete(&c)
				cases = append(cases, Case{
					Name: name + ":" + id, Protocol: fileProtocol(file), Input: strings.Contains(name, "input/"), model: m, op: c.Given.Name, raw: c,
				})
			}
		}
		return nil
	})
	return cases, err
}

var rootNamespace = regexp.MustCompile(`^\s*<[^ >]+ xmlns="([^"]+)"`)

// complete adds to the model of a Query vector what only its answer shows: the element around the result, and the namespace.
func (m *Model) complete(c *caseDef) {
	if !slices.Contains(m.Wire.Protocols, "query") {
		return
	}
	if op := &m.Wire.Operations[0]; strings.Contains(c.Response.Body, "<"+op.Name+"Result") {
		op.ResultWrapper = op.Name + "Result"
	}
	if ns := rootNamespace.FindStringSubmatch(c.Response.Body); ns != nil {
		m.Wire.XMLNamespace = ns[1]
	}
}

// Run replays the vector. An error says how the protocol differs from it.
func (c *Case) Run(p wire.Protocol) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	call := &wire.Call{Model: &c.model.Wire, Operation: c.model.Operation(c.op), RequestID: c.requestID()}
	if c.Input {
		return c.runInput(p, call)
	}
	return c.runOutput(p, call)
}

func (c *Case) runInput(p wire.Protocol, call *wire.Call) error {
	want := c.model.Input(c.op)
	if c.raw.Params != nil {
		values, err := c.model.fromJSON(want.schema, c.raw.Params)
		if err != nil {
			return fmt.Errorf("the vector's params: %w", err)
		}
		want.Values = values.(map[string]any)
	}
	s := &c.raw.Serialized
	req := &wire.Request{Method: s.Method, Header: http.Header{}}
	if req.Method == "" {
		req.Method = call.Operation.Method
	}
	req.Path, req.Query, _ = strings.Cut(s.URI, "?")
	for name, value := range s.Headers {
		req.Header.Set(name, value)
	}
	text := ""
	switch {
	case s.Body != nil:
		text = *s.Body
	case c.Protocol == "json":
		text = "{}" // the vector is about something else
	}
	body, err := c.bytes(text)
	if err != nil {
		return err
	}
	if c.model.streams(want.schema) {
		req.Stream = bytes.NewReader(body)
	} else {
		req.Body = body
	}
	got := c.model.Input(c.op)
	missing, err := p.Decode(call, req, got)
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("decode: missing %v", missing)
	}
	if diff := cmp.Diff(Normal(want.Values), Normal(got.Values)); diff != "" {
		return fmt.Errorf("decode (-want +got):\n%s", diff)
	}
	return nil
}

func (m *Model) streams(s *wire.Schema) bool {
	return slices.ContainsFunc(m.structures[s].members, func(member wire.Member) bool { return member.Of.Streaming })
}

func (c *Case) runOutput(p wire.Protocol, call *wire.Call) error {
	resp := &wire.Response{Header: http.Header{}}
	if c.raw.ErrorCode != "" || c.raw.Error != nil {
		e, err := c.apiError()
		if err != nil {
			return err
		}
		p.EncodeError(call, e, resp)
		_, modelled := e.(wire.Shape)
		return c.compareResponse(resp, &errorAnswer{modelled: modelled})
	}
	out := c.model.Output(c.op)
	if c.raw.Result != nil {
		values, err := c.model.fromJSON(out.schema, c.raw.Result)
		if err != nil {
			return fmt.Errorf("the vector's result: %w", err)
		}
		out.Values = values.(map[string]any)
	}
	if err := p.Encode(call, out, resp); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return c.compareResponse(resp, nil)
}

// apiError returns the error that the vector describes: an exception of the model, or one that no model declares.
func (c *Case) apiError() (wire.APIError, error) {
	for _, name := range c.model.Errors(c.op) {
		e := c.model.Error(name, c.raw.ErrorMessage, map[string]any{})
		info := e.ErrorInfo()
		if info.Code != c.raw.ErrorCode && info.QueryCode != c.raw.ErrorCode {
			continue
		}
		if c.raw.Error != nil {
			values, err := c.model.fromJSON(e.schema, c.raw.Error)
			if err != nil {
				return nil, err
			}
			e.Values = values.(map[string]any)
		}
		return e, nil
	}
	return &wire.Error{Code: c.raw.ErrorCode, Status: c.raw.Response.StatusCode, Message: c.raw.ErrorMessage}, nil
}

// compareResponse compares an answer with the vector's; e is set for errors.
func (c *Case) compareResponse(resp *wire.Response, e *errorAnswer) error {
	want := &c.raw.Response
	var problems []string
	if resp.Status != want.StatusCode {
		problems = append(problems, fmt.Sprintf("status: got %d, want %d", resp.Status, want.StatusCode))
	}
	wantHeader := http.Header{}
	for name, value := range want.Headers {
		wantHeader.Set(name, value)
	}
	body := resp.Body
	if resp.Stream != nil {
		var b bytes.Buffer
		if err := resp.Stream(&b, func() error { return nil }); err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		body = b.Bytes()
	}
	wantBody, err := c.bytes(want.Body)
	if err != nil {
		return err
	}
	w, err := c.parse(wantBody)
	if err != nil {
		return fmt.Errorf("the vector's body: %w", err)
	}
	g, err := c.parse(body)
	if err != nil {
		return fmt.Errorf("our body %q: %w", body, err)
	}
	if e != nil {
		w, g = e.normal(wantHeader, w), e.normal(resp.Header, g)
	}
	if wantHeader.Get("Content-Length") == strconv.Itoa(len(body)) {
		wantHeader.Del("Content-Length") // the server adds it
	}
	if diff := diffHeaders(wantHeader, resp.Header); diff != "" {
		problems = append(problems, diff)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		problems = append(problems, fmt.Sprintf("body (-want +got):\n%s\ngot %.2000q", diff, body))
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}

// parse returns a body in a form in which bodies that mean the same are equal.
func (c *Case) parse(body []byte) (any, error) {
	if c.streamed() {
		return parseFrames(body)
	}
	v, err := parseBody(c.Protocol, body)
	if e, ok := v.(*element); ok && c.raw.ErrorCode == "" {
		switch {
		case c.Protocol == "query":
			e.withoutIDs()
		case c.raw.ID == "":
			e.anyRoot() // old vectors invent roots
		}
	}
	return v, err
}

// streamed reports whether the vector is an answer that is a stream of events.
func (c *Case) streamed() bool {
	return !c.Input && slices.ContainsFunc(c.model.structures[c.model.Output(c.op).schema].members, func(m wire.Member) bool { return m.Of.EventStream })
}

// bytes returns the bytes that the text of a body stands for: CBOR and event streams are in base64.
func (c *Case) bytes(text string) ([]byte, error) {
	if c.Protocol == "smithy-rpc-v2-cbor" || c.streamed() {
		return base64.StdEncoding.DecodeString(text)
	}
	return []byte(text), nil
}

var requestID = regexp.MustCompile(`(?i)"?request-?id"?[>:"\s]+([^<"]+)`)

// requestID returns the request's id that the vector's answer has.
func (c *Case) requestID() string {
	if m := requestID.FindStringSubmatch(c.raw.Response.Body); m != nil {
		return m[1]
	}
	for name, value := range c.raw.Response.Headers {
		if strings.EqualFold(name, "x-amzn-requestid") || strings.EqualFold(name, "x-amz-request-id") {
			return value
		}
	}
	return "request-id"
}
