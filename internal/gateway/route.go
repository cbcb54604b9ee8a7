package gateway

import (
	"net/http"
	"strings"

	"github.com/cumulet/cumulet/internal/wire"
)

// Kind says which part of the platform a request is for.
type Kind uint8

// All kinds.
const (
	KindAPI         Kind = iota // an operation of a service
	KindPage                    // one of the platform's own pages
	KindExecuteAPI              // a deployed API, by host or path
	KindFunctionURL             // a function URL, by host or path
	KindWebsite                 // a bucket's website
	KindMQTT                    // MQTT over a WebSocket
	kinds
)

// Protocol is a protocol that a client may speak. The zero value is JSON.
type Protocol uint8

// All protocols.
const (
	ProtocolJSON  Protocol = iota // AWS JSON 1.0 and 1.1
	ProtocolQuery                 // a form, answered in XML
	ProtocolRESTJSON
	ProtocolRESTXML
	ProtocolCBOR // Smithy RPC v2
	protocols
)

var protocolNames = [protocols]string{"json", "query", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"}

// String returns the name in the models.
func (p Protocol) String() string { return protocolNames[p] }

// Endpoint is one operation of the catalogue.
type Endpoint struct {
	Model     *wire.Model
	Operation *wire.OperationModel
	Index     int // position among all operations of the router
}

// Input is all that routing looks at.
type Input struct {
	Method string
	Host   string // as sent, with or without a port
	Path   string // as sent, escaped
	Query  string // as sent, without the question mark
	Header http.Header
	Scope  string // the service in the signature's scope; s3 for a SigV2 signature; empty when unsigned
}

// Target is where a request goes. An API target without an endpoint is an operation or a service that AWS does not have,
// or not one that this catalogue knows: Name and Model say what is known of it.
type Target struct {
	Kind     Kind
	Protocol Protocol
	// InForm says that the operation's name is in the form that the body holds: RouteForm completes the target.
	InForm   bool
	Endpoint *Endpoint
	Model    *wire.Model // nil when the service is not known
	Name     string      // the operation as the client named it; may be empty
	Bucket   string      // of a virtual host, lower case; else empty
	ID       string      // of a data plane: the API's or function URL's
	Path     string      // of a data plane: the path below it; else empty
}

// Router holds the tables for routing. It is made once and never changes.
type Router struct {
	endpoints []Endpoint
	services  map[*wire.Model]*service
	targets   map[string]*service // by prefix of X-Amz-Target
	rpc       map[string]*service // by service name of RPC v2
	versions  map[string]*service // Query services, by API version
	scopes    map[string]*scope   // by service of a signature
	rest      []*service          // services with path templates, but S3
	queues    *service            // whose operations may be posted to a queue's path
	s3        *s3Table
}

// service is a service of the catalogue.
type service struct {
	model      *wire.Model
	operations map[string]*Endpoint
	tree       *tree // path templates; nil unless REST
	json       bool
	query      bool
	cbor       bool
}

// scope is what one service name in signatures stands for, such as apigateway for two services.
type scope struct {
	services []*service
	tree     *tree // the services' templates together; nil when none is REST
}

// NewRouter returns a router for the given services.
func NewRouter(models []*wire.Model) *Router {
	n := 0
	for _, m := range models {
		n += len(m.Operations)
	}
	r := &Router{
		endpoints: make([]Endpoint, 0, n),
		services:  make(map[*wire.Model]*service, len(models)),
		targets:   map[string]*service{},
		rpc:       map[string]*service{},
		versions:  map[string]*service{},
		scopes:    map[string]*scope{},
	}
	for _, m := range models {
		r.add(m)
	}
	return r
}

func (r *Router) add(m *wire.Model) {
	s := &service{model: m, operations: make(map[string]*Endpoint, len(m.Operations))}
	first := len(r.endpoints)
	for i := range m.Operations {
		r.endpoints = append(r.endpoints, Endpoint{Model: m, Operation: &m.Operations[i], Index: first + i})
		s.operations[m.Operations[i].Name] = &r.endpoints[first+i]
	}
	own := r.endpoints[first:]
	if m.ID == "sqs" {
		r.queues = s
	}
	r.services[m] = s
	sc := r.scopes[m.SigningName]
	if sc == nil {
		sc = &scope{}
		r.scopes[m.SigningName] = sc
	}
	sc.services = append(sc.services, s)
	for _, p := range m.Protocols {
		switch p {
		case "json":
			s.json = true
			r.targets[m.TargetPrefix] = s
		case "query":
			s.query = true
			r.versions[m.APIVersion] = s
		case "smithy-rpc-v2-cbor":
			s.cbor = true
			r.rpc[m.TargetPrefix] = s
		case "rest-json":
			s.tree = newTree(own)
			r.rest = append(r.rest, s)
			if sc.tree == nil {
				sc.tree = &tree{}
			}
			sc.tree.add(own)
		case "rest-xml":
			r.s3 = newS3Table(s, own)
		}
	}
}

// Endpoints returns all operations, by index. The caller must not change them.
func (r *Router) Endpoints() []Endpoint { return r.endpoints }

// Lookup returns an operation by its service's package name and its own, or nil.
func (r *Router) Lookup(serviceID, operation string) *Endpoint {
	for m, s := range r.services {
		if m.ID == serviceID {
			return s.operations[operation]
		}
	}
	return nil
}

// Route finds where a request goes. The order of the steps is what settles every ambiguous case; see route_test.go.
func (r *Router) Route(in *Input) Target {
	if isPage(in) {
		return Target{Kind: KindPage}
	}
	if t, ok := routeHost(in); ok {
		return t
	}
	if strings.HasPrefix(in.Path, "/_") || strings.HasPrefix(in.Path, "/restapis/") {
		if t, ok := routePlanePath(in.Path); ok {
			return t
		}
	}
	if t, ok := r.routeRPC(in); ok {
		return t
	}
	if v := in.Header["X-Amz-Target"]; len(v) > 0 {
		return r.routeTarget(in, v[0])
	}
	if in.Scope != "" {
		return r.routeScope(in)
	}
	return r.routeUnsigned(in)
}

// routeRPC matches RPC v2: its header, or its path with its content type for a service that speaks it.
func (r *Router) routeRPC(in *Input) (Target, bool) {
	rest, name, ok := cutLast(in.Path, "/operation/")
	var id string
	if ok {
		_, id, ok = cutLast(rest, "/service/")
	}
	if v := in.Header["Smithy-Protocol"]; len(v) == 0 || v[0] != "rpc-v2-cbor" {
		if !ok || in.Method != http.MethodPost || contentType(in.Header) != "application/cbor" {
			return Target{}, false
		}
	}
	t := Target{Protocol: ProtocolCBOR, Name: name}
	if s := r.rpc[id]; ok && s != nil {
		t.Model, t.Endpoint = s.model, s.operations[name]
	}
	if in.Method != http.MethodPost {
		t.Endpoint = nil
	}
	return t, true
}

// routeTarget matches a service and an operation named by the header X-Amz-Target.
func (r *Router) routeTarget(in *Input, target string) Target {
	prefix, name, _ := cutLast(target, ".")
	t := Target{Protocol: ProtocolJSON, Name: name}
	if s := r.targets[prefix]; s != nil {
		t.Model = s.model
		if in.Method == http.MethodPost {
			t.Endpoint = s.operations[name]
		}
	}
	return t
}

// routeScope matches a signed request by the service that it was signed for.
func (r *Router) routeScope(in *Input) Target {
	name := in.Scope
	if name == "s3express" || name == "s3-object-lambda" {
		name = "s3"
	}
	if name == "s3" && r.s3 != nil {
		return r.routeS3(in)
	}
	form := isForm(in)
	sc := r.scopes[name]
	if sc == nil {
		return r.routeForeign(in, form)
	}
	first := sc.services[0]
	if sc.tree != nil {
		if e := sc.tree.match(in.Method, in.Path, in.Query); e != nil {
			return Target{Protocol: ProtocolRESTJSON, Model: e.Model, Endpoint: e, Name: e.Operation.Name}
		}
		return r.routeForeign(in, form)
	}
	if first.query {
		if t, ok := r.routeForm(in, first, form); ok {
			return t
		}
	}
	if form && isQueuePath(in.Path) { // an old QueueUrl, whatever it was signed for
		return Target{Protocol: ProtocolQuery, InForm: true}
	}
	t := Target{Protocol: ProtocolQuery, Model: first.model}
	if first.json {
		t.Protocol = ProtocolJSON
	}
	return t
}

// routeForm matches the Query protocol for a service, or by version when s is nil. The operation's name may be in the
// URL, and in a form that is still to be read.
func (r *Router) routeForm(in *Input, s *service, form bool) (Target, bool) {
	action := formValue(in.Query, "Action")
	if action == "" {
		t := Target{Protocol: ProtocolQuery, InForm: true}
		if s != nil {
			t.Model = s.model
		}
		return t, form
	}
	return r.formTarget(s, action, formValue(in.Query, "Version"), in.Path), true
}

// formTarget completes a target of the Query protocol. Without a service from the signature, the version tells it, or
// the path of a queue.
func (r *Router) formTarget(s *service, action, version, path string) Target {
	if s == nil {
		s = r.versions[version]
	}
	if s == nil && isQueuePath(path) {
		s = r.queues
	}
	t := Target{Protocol: ProtocolQuery, Name: action}
	if s != nil {
		t.Model, t.Endpoint = s.model, s.operations[action]
	}
	return t
}

// RouteForm completes a target whose operation is named in the form that the body holds. A form without an action that was
// sent unsigned is no API call of a Query service, but one for S3.
func (r *Router) RouteForm(t Target, in *Input, form string) Target {
	action := formValue(form, "Action")
	if action == "" && t.Model == nil && in.Scope == "" && r.s3 != nil {
		return r.routeS3(in)
	}
	return r.formTarget(r.services[t.Model], action, formValue(form, "Version"), in.Path)
}

// routeForeign matches requests that were signed for a service that does not have what they ask for. Some tools sign
// everything under one name, so a path or form that can mean one service only is still followed.
func (r *Router) routeForeign(in *Input, form bool) Target {
	if t, ok := r.routeForm(in, nil, form); ok {
		return t
	}
	var found *Endpoint
	for _, s := range r.rest {
		e := s.tree.match(in.Method, in.Path, in.Query)
		if e == nil {
			continue
		}
		if found != nil {
			found = nil // several services have it
			break
		}
		found = e
	}
	t := Target{Protocol: ProtocolRESTJSON, Endpoint: found}
	if found != nil {
		t.Model, t.Name = found.Model, found.Operation.Name
	} else if sc := r.scopes[in.Scope]; sc != nil {
		t.Model = sc.services[0].model
	}
	return t
}

// routeUnsigned matches what is left without a signature: Query calls that need none, and S3.
func (r *Router) routeUnsigned(in *Input) Target {
	form := isForm(in)
	action := formValue(in.Query, "Action")
	known := r.versions[formValue(in.Query, "Version")] != nil || isQueuePath(in.Path) || in.Path == "/"
	if form || action != "" && known {
		t, _ := r.routeForm(in, nil, form)
		return t
	}
	if r.s3 == nil {
		return Target{Protocol: ProtocolRESTJSON}
	}
	return r.routeS3(in)
}

// isPage reports whether a request is for one of the platform's own pages. No bucket's name begins with an underscore;
// metrics is a legal name, so it is a page only to those who do not sign.
func isPage(in *Input) bool {
	return strings.HasPrefix(in.Path, "/_cumulet/") || strings.HasPrefix(in.Path, "/_localstack/") ||
		in.Path == "/metrics" && in.Scope == "" && (in.Method == http.MethodGet || in.Method == http.MethodHead)
}
