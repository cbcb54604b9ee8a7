package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// model is a service's model in botocore's form, without prose.
type model struct {
	Metadata struct {
		APIVersion      string `json:"apiVersion"`
		EndpointPrefix  string
		JSONVersion     string `json:"jsonVersion"`
		Protocol        string
		Protocols       []string
		ServiceID       string `json:"serviceId"`
		SigningName     string
		TargetPrefix    string
		XMLNamespace    xmlNamespace    `json:"xmlNamespace"`
		QueryCompatible json.RawMessage `json:"awsQueryCompatible"`
	}
	Operations ordered[operation]
	Shapes     ordered[shape]

	pkg string
}

type operation struct {
	Name string
	HTTP struct {
		Method       string
		RequestURI   string `json:"requestUri"`
		ResponseCode int
	}
	Input, Output *ref
	Endpoint      struct {
		HostPrefix string
	}
	Errors []ref
}

type shape struct {
	Type            string
	Required        []string
	Members         ordered[ref]
	Member          *ref
	Key, Value      *ref
	Min, Max        *float64
	Pattern         string
	Enum            []string
	Exception       bool
	Fault           bool
	Error           *errorTrait
	Sensitive       bool
	Payload         string
	Flattened       bool
	TimestampFormat string
	Union           bool
	EventStream     bool
	Streaming       bool
	Document        bool
	XMLNamespace    xmlNamespace `json:"xmlNamespace"`
}

type errorTrait struct {
	Code           string
	HTTPStatusCode int `json:"httpStatusCode"`
}

type ref struct {
	Shape            string
	Location         string
	LocationName     string
	QueryName        string // overlay only: the name in the Query protocol
	Streaming        bool
	Flattened        bool
	JSONValue        bool `json:"jsonvalue"`
	EventPayload     bool
	EventHeader      bool
	HostLabel        bool
	XMLAttribute     bool
	IdempotencyToken bool
	ResultWrapper    string
	XMLNamespace     xmlNamespace `json:"xmlNamespace"`
}

// xmlNamespace is written as text or as an object.
type xmlNamespace struct{ URI, Prefix string }

func (n *xmlNamespace) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &n.URI)
	}
	type plain xmlNamespace
	return json.Unmarshal(data, (*plain)(n))
}

// ordered is a JSON object that keeps the order of its keys.
type ordered[V any] struct {
	keys   []string
	values map[string]*V
}

func (o *ordered[V]) UnmarshalJSON(data []byte) error {
	if o.values == nil {
		o.values = map[string]*V{}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name := key.(string)
		v, ok := o.values[name]
		if !ok { // an overlay adds to what is there
			v = new(V)
			o.keys = append(o.keys, name)
			o.values[name] = v
		}
		if err := dec.Decode(v); err != nil {
			return err
		}
	}
	return nil
}

// load reads a model and what an overlay, if there is one, adds to it.
func load(file, overlay string) (*model, error) {
	m := &model{}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	data, err = os.ReadFile(overlay)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", overlay, err)
	}
	return m, nil
}

func (m *model) shape(name string) *shape { return m.Shapes.values[name] }

// has reports whether a member of the structure that r refers to, if any, is as wanted.
func (m *model) has(r *ref, want func(*ref, *shape) bool) bool {
	if r == nil {
		return false
	}
	for _, member := range m.shape(r.Shape).Members.values {
		if want(member, m.shape(member.Shape)) {
			return true
		}
	}
	return false
}

// messageMember returns the member of an exception that holds its message, or nothing.
func (m *model) messageMember(s *shape) string {
	for _, key := range s.Members.keys {
		if strings.EqualFold(key, "message") && m.shape(s.Members.values[key].Shape).Type == "string" {
			return key
		}
	}
	return ""
}

// protocols returns the protocols in the model's order.
func (m *model) protocols() []string {
	if len(m.Metadata.Protocols) > 0 {
		return m.Metadata.Protocols
	}
	return []string{m.Metadata.Protocol}
}

// signingName returns the service in the scope of a signature.
func (m *model) signingName() string {
	if m.Metadata.SigningName != "" {
		return m.Metadata.SigningName
	}
	return m.Metadata.EndpointPrefix
}
