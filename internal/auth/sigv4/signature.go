package sigv4

import (
	"net/http"
	"net/url"
	"strings"
)

// Algorithms, as requests name them.
const (
	Algorithm           = "AWS4-HMAC-SHA256"
	AlgorithmAsymmetric = "AWS4-ECDSA-P256-SHA256"
)

const terminator = "aws4_request"

// Kind is the form of a credential.
type Kind uint8

// The forms in which a request carries its credential.
const (
	Anonymous   Kind = iota // none
	Other                   // an Authorization header of another scheme, such as Bearer
	Header                  // Authorization header
	Presigned               // X-Amz-… query parameters
	Form                    // X-Amz-… fields of an S3 POST form
	HeaderV2                // Signature Version 2, Authorization header
	PresignedV2             // Signature Version 2, query parameters
	FormV2                  // Signature Version 2, fields of an S3 POST form
)

// Signature is what a request says about who signed it. Nothing of it has been verified. Its strings share memory with
// the request.
type Signature struct {
	Kind       Kind
	Asymmetric bool // SigV4a: Region is empty

	AccessKey  string
	Date       string // of the credential scope: YYYYMMDD
	Region     string // of the credential scope
	Service    string // of the credential scope: a signing name, such as monitoring for CloudWatch
	Terminator string // of the credential scope: aws4_request

	Time          string // when it was signed, as sent
	SignedHeaders string // names, as sent: separated by semicolons
	Signature     string // hexadecimal, base64 in Version 2
	SessionToken  string
	Expires       string // as sent: seconds after Time, or since 1970 in Version 2
}

// V2 reports whether the credential is of Signature Version 2, which names no region and no service and is S3's only.
func (s *Signature) V2() bool { return s.Kind >= HeaderV2 }

// Signed reports whether there is an AWS credential at all.
func (s *Signature) Signed() bool { return s.Kind > Other }

// Parse finds the credential of a request, in its Authorization header or its query. A request without one has the kind
// Anonymous, or Other if its Authorization header is not AWS's; neither is an error. An error says that no access key
// and scope can be made out, or two at once. What else may be missing is for Check to find.
//
// The credential of an S3 POST form is in its body: see ParseForm.
func Parse(r *http.Request) (Signature, error) {
	authorization, inHeader := "", false
	if values := r.Header["Authorization"]; len(values) > 0 {
		authorization, inHeader = values[0], true
	}
	query := ""
	if r.URL != nil {
		query = r.URL.RawQuery
	}
	v4 := query != "" && hasParam(query, "X-Amz-Algorithm")
	v2 := query != "" && !v4 && hasParam(query, "Signature") && hasParam(query, "AWSAccessKeyId")
	if inHeader && (v4 || v2) && strings.HasPrefix(authorization, "AWS") {
		return Signature{Kind: Other}, twoCredentials(authorization)
	}
	switch {
	case v4:
		return parseQuery(query)
	case v2:
		return Signature{
			Kind: PresignedV2, AccessKey: param(query, "AWSAccessKeyId"), Signature: param(query, "Signature"),
			Expires: param(query, "Expires"), SessionToken: tokenV2(r, query),
		}, nil
	case inHeader:
		return parseHeader(r, authorization)
	}
	return Signature{}, nil
}

func twoCredentials(authorization string) *Error {
	return both(Mismatch,
		"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
		http.StatusBadRequest, "InvalidArgument",
		"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
		Detail{"ArgumentName", "Authorization"}, Detail{"ArgumentValue", authorization})
}

// parseHeader reads an Authorization header.
func parseHeader(r *http.Request, authorization string) (Signature, error) {
	scheme, rest, _ := strings.Cut(strings.TrimLeft(authorization, " "), " ")
	sig := Signature{Kind: Header, SessionToken: first(r.Header["X-Amz-Security-Token"])}
	switch {
	case strings.EqualFold(scheme, Algorithm):
	case strings.EqualFold(scheme, AlgorithmAsymmetric):
		sig.Asymmetric = true
	case scheme == "AWS":
		return parseHeaderV2(authorization, rest, sig.SessionToken)
	case strings.HasPrefix(scheme, "AWS4-"):
		return Signature{Kind: Other}, both(Incomplete,
			"Unsupported AWS 'algorithm': '"+scheme+"' (only AWS4-HMAC-SHA256 for now). ",
			http.StatusBadRequest, "InvalidArgument", "Unsupported Authorization Type",
			Detail{"ArgumentName", "Authorization"}, Detail{"ArgumentValue", authorization})
	default:
		return Signature{Kind: Other}, nil
	}
	sig.Time = requestTime(r)
	credential := ""
	for rest != "" {
		var part string
		if i := strings.IndexAny(rest, ", "); i >= 0 {
			part, rest = rest[:i], rest[i+1:]
		} else {
			part, rest = rest, ""
		}
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return sig, both(Incomplete,
				"'"+part+"' not a valid key=value pair (missing equal-sign) in Authorization header: '"+authorization+"'.",
				http.StatusBadRequest, headerMalformed,
				headerPrefix+"the authorization header requires three components: Credential, SignedHeaders, and Signature.")
		}
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			sig.SignedHeaders = value
		case "Signature":
			sig.Signature = value
		}
	}
	if credential == "" {
		return sig, sig.incomplete(r)
	}
	return sig, sig.scope(credential, headerMalformed, headerPrefix)
}

// parseQuery reads the parameters of a presigned URL.
func parseQuery(query string) (Signature, error) {
	sig := Signature{
		Kind:          Presigned,
		Time:          param(query, "X-Amz-Date"),
		SignedHeaders: param(query, "X-Amz-SignedHeaders"),
		Signature:     param(query, "X-Amz-Signature"),
		SessionToken:  param(query, "X-Amz-Security-Token"),
		Expires:       param(query, "X-Amz-Expires"),
	}
	switch algorithm := param(query, "X-Amz-Algorithm"); algorithm {
	case Algorithm:
	case AlgorithmAsymmetric:
		sig.Asymmetric = true
	default:
		return sig, both(Incomplete,
			"Unsupported AWS 'algorithm': '"+algorithm+"' (only AWS4-HMAC-SHA256 for now). ",
			http.StatusBadRequest, queryMalformed,
			`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
	}
	credential := param(query, "X-Amz-Credential")
	if credential == "" {
		return sig, incompleteQuery(query)
	}
	return sig, sig.scope(credential, queryMalformed, queryPrefix)
}

// scope splits key/date/region/service/aws4_request, or the same without a region in SigV4a.
func (s *Signature) scope(credential, code, prefix string) error {
	rest := credential
	cut := func() (part string) {
		part, rest, _ = strings.Cut(rest, "/")
		return part
	}
	want, form := 4, "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"
	if s.Asymmetric {
		want, form = 3, "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"
	}
	if strings.Count(strings.TrimRight(credential, "/"), "/") != want || credential[0] == '/' {
		return both(Incomplete,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"+credential+"'",
			http.StatusBadRequest, code, prefix+`the Credential is mal-formed; expecting "`+form+`".`)
	}
	s.AccessKey, s.Date = cut(), cut()
	if !s.Asymmetric {
		s.Region = cut()
	}
	s.Service, s.Terminator = cut(), strings.TrimRight(rest, "/")
	return nil
}

// incomplete names every part that an Authorization header lacks.
func (s *Signature) incomplete(r *http.Request) *Error {
	var b strings.Builder
	for _, part := range [...]struct {
		missing bool
		name    string
	}{
		{s.AccessKey == "", "Credential"},
		{s.Signature == "", "Signature"},
		{s.SignedHeaders == "", "SignedHeaders"},
	} {
		if part.missing {
			b.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if s.Time == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	b.WriteString("Authorization=" + first(r.Header["Authorization"]))
	return both(Incomplete, b.String(), http.StatusBadRequest, headerMalformed,
		headerPrefix+"the authorization header requires three components: Credential, SignedHeaders, and Signature.")
}

// incompleteQuery names every parameter that a presigned URL lacks.
func incompleteQuery(query string) *Error {
	var b strings.Builder
	for _, name := range [...]string{"X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if param(query, name) == "" {
			b.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	b.WriteString("Re-examine the query-string parameters.")
	return both(Incomplete, b.String(), http.StatusBadRequest, queryMalformed,
		"Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
}

// ParseForm finds the credential among the fields of an S3 POST form, whose names are not case-sensitive. A form
// without one has the kind Anonymous.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
func ParseForm(fields url.Values) (Signature, error) {
	get := func(name string) string { return FormField(fields, name) }
	switch {
	case get("X-Amz-Signature") != "" || get("X-Amz-Credential") != "" || get("X-Amz-Algorithm") != "":
		sig := Signature{
			Kind: Form, Time: get("X-Amz-Date"), Signature: get("X-Amz-Signature"),
			SessionToken: get("X-Amz-Security-Token"),
		}
		for _, name := range [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy"} {
			if get(name) == "" {
				return sig, missingField(name)
			}
		}
		switch get("X-Amz-Algorithm") {
		case Algorithm:
		case AlgorithmAsymmetric:
			sig.Asymmetric = true
		default:
			return sig, S3Error(Incomplete, http.StatusBadRequest, "InvalidArgument",
				`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`,
				Detail{"ArgumentName", "X-Amz-Algorithm"}, Detail{"ArgumentValue", get("X-Amz-Algorithm")})
		}
		return sig, sig.scope(get("X-Amz-Credential"), "InvalidArgument", "")
	case get("AWSAccessKeyId") != "":
		sig := Signature{
			Kind: FormV2, AccessKey: get("AWSAccessKeyId"), Signature: get("Signature"),
			SessionToken: get("X-Amz-Security-Token"),
		}
		for _, name := range [...]string{"Policy", "Signature"} {
			if get(name) == "" {
				return sig, missingField(name)
			}
		}
		return sig, nil
	}
	return Signature{}, nil
}

// FormField returns the first value of a form field, whose name is not case-sensitive.
func FormField(fields url.Values, name string) string {
	if v := fields[name]; len(v) > 0 {
		return v[0]
	}
	for k, v := range fields {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

func missingField(name string) *Error {
	return S3Error(Incomplete, http.StatusBadRequest, "InvalidArgument",
		"Bucket POST must contain a field named '"+name+"'.  If it is specified, please check the order of the fields.",
		Detail{"ArgumentName", name}, Detail{"ArgumentValue", ""})
}

// requestTime returns when a request was signed, as its headers say.
func requestTime(r *http.Request) string {
	if v := r.Header["X-Amz-Date"]; len(v) > 0 {
		return v[0]
	}
	return first(r.Header["Date"])
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// hasParam reports whether a raw query has a parameter of this name, which must not need escaping.
func hasParam(query, name string) bool {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if key, _, _ := strings.Cut(pair, "="); key == name {
			return true
		}
	}
	return false
}

// param returns the first value of a raw query's parameter, unescaped, or as it is when it cannot be.
func param(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if key != name {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			return plain
		}
		return value
	}
	return ""
}
