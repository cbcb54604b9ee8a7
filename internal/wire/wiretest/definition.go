package wiretest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
)

// definition is a model in botocore's form.
type definition struct {
	Metadata struct {
		APIVersion      string `json:"apiVersion"`
		EndpointPrefix  string
		JSONVersion     string `json:"jsonVersion"`
		Protocol        string
		Protocols       []string
		ServiceID       string `json:"serviceId"`
		TargetPrefix    string
		XMLNamespace    namespace       `json:"xmlNamespace"`
		QueryCompatible json.RawMessage `json:"awsQueryCompatible"`
	}
	Operations ordered[operationDef]
	Shapes     ordered[shapeDef]
}

type operationDef struct {
	Name string
	HTTP struct {
		Method       string
		RequestURI   string `json:"requestUri"`
		ResponseCode int
	}
	Input, Output *refDef
	Endpoint      struct{ HostPrefix string }
	Errors        []refDef
}

type shapeDef struct {
	Type       string
	Required   []string
	Members    ordered[refDef]
	Member     *refDef
	Key, Value *refDef
	Min, Max   *float64
	Pattern    string
	Enum       []string
	Exception  bool
	Fault      bool
	Error      *struct {
		Code           string
		HTTPStatusCode int `json:"httpStatusCode"`
	}
	Payload         string
	Flattened       bool
	TimestampFormat string
	Union           bool
	EventStream     bool
	Streaming       bool
	Sensitive       bool
	Document        bool
	Location        string
	LocationName    string
	ResultWrapper   string
	XMLNamespace    namespace `json:"xmlNamespace"`
}

type refDef struct {
	Shape            string
	Location         string
	LocationName     string
	Payload          string // of the input or output of old vectors
	QueryName        string
	Streaming        bool
	Flattened        bool
	TimestampFormat  string
	JSONValue        bool `json:"jsonvalue"`
	EventPayload     bool
	EventHeader      bool
	HostLabel        bool
	XMLAttribute     bool
	IdempotencyToken bool
	ResultWrapper    string
	XMLNamespace     namespace `json:"xmlNamespace"`
}

// namespace is written as text or as an object.
type namespace struct{ URI, Prefix string }

func (n *namespace) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &n.URI)
	}
	type plain namespace
	return json.Unmarshal(data, (*plain)(n))
}

// ordered is a JSON object that keeps the order of its keys. Reading a second one into it adds to what is there.
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
		if o.values[name] == nil {
			o.keys = append(o.keys, name)
			o.values[name] = new(V)
		}
		if err := dec.Decode(o.values[name]); err != nil {
			return err
		}
	}
	return nil
}

var kinds = map[string]wire.Kind{
	"structure": wire.KindStructure, "list": wire.KindList, "map": wire.KindMap, "string": wire.KindString, "character": wire.KindString,
	"boolean": wire.KindBoolean, "integer": wire.KindInteger, "long": wire.KindLong, "float": wire.KindFloat, "double": wire.KindDouble,
	"timestamp": wire.KindTimestamp, "blob": wire.KindBlob,
}

var locations = map[string]wire.Location{
	"header": wire.InHeader, "headers": wire.InHeaders, "uri": wire.InURI, "querystring": wire.InQuery, "statusCode": wire.InStatus,
}

// isMessage reports whether a member of an exception is its message, which protocols write themselves.
func isMessage(name string, s *shapeDef) bool {
	return s.Type == "string" && strings.EqualFold(name, "message")
}
