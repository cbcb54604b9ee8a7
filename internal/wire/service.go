package wire

import "context"

// Model holds the facts of a service that all its operations share. internal/api/catalog lists those of all services.
type Model struct {
	ID              string // the package's name, such as sqs
	ServiceID       string // AWS's own, such as SQS
	EndpointPrefix  string
	SigningName     string // the service in the scope of a signature
	APIVersion      string
	Protocols       []string // as in the models: json, query, rest-json, rest-xml, smithy-rpc-v2-cbor; the preferred one first
	JSONVersion     string   // 1.0 or 1.1
	TargetPrefix    string   // of X-Amz-Target
	XMLNamespace    string
	QueryCompatible bool // answers errors with their Query codes as well
	Operations      []OperationModel
}

// OperationModel holds the facts of an operation, whether it is implemented or not.
type OperationModel struct {
	Name          string
	Method        string // GET, POST …
	URI           string // a template such as /{Bucket}/{Key+}?uploads
	Status        int    // of a successful answer; 0 means 200
	HostPrefix    string // such as sync-
	ResultWrapper string // the element around a Query answer; empty when there is none
	InputName     string // the root element of an XML request, when it is not the payload's
	InputXMLNS    string
	NoOutput      bool // the model declares no output
	StreamsInput  bool // the body of a request is a streaming member: it is not read into memory
	EventStream   bool // the answer is a stream of events
}

// Service is the implemented part of a service.
type Service struct {
	ID         string // the package's name, such as sqs
	Operations []Operation
}

// Operation is an implemented operation.
type Operation struct {
	Name string
	// New returns an empty input.
	New func() Shape
	// NewOutput returns an empty output, for those who read answers.
	NewOutput func() Shape
	// Call runs the operation on a decoded and validated input.
	Call func(ctx context.Context, in Shape) (Shape, error)
}

// Op returns the operation that method implements.
func Op[I, O any, PI shapePointer[I], PO shapePointer[O]](name string, method func(context.Context, *I) (*O, error)) Operation {
	return Operation{
		Name:      name,
		New:       func() Shape { return PI(new(I)) },
		NewOutput: func() Shape { return PO(new(O)) },
		Call: func(ctx context.Context, in Shape) (Shape, error) {
			out, err := method(ctx, (*I)(in.(PI)))
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(O)
			}
			return PO(out), nil
		},
	}
}
