package sigv4

import "net/http"

// Family is a group of services that words its errors alike.
type Family uint8

// The families. Services that speak several protocols belong to the one that the request used.
const (
	Query Family = iota // query protocol: SNS, IAM, STS, CloudFormation
	JSON                // AWS JSON 1.0 and 1.1, RPC v2 CBOR
	REST                // REST-JSON: Lambda, API Gateway
	S3                  // REST-XML
)

// Reason is why a request is refused. Its code depends on the family.
type Reason uint8

// The reasons.
const (
	Missing      Reason = iota // no credential at all
	Incomplete                 // a credential that cannot be read
	Mismatch                   // out of time or scope, or the signature is wrong
	UnknownKey                 // no such access key, or its session token is wrong
	ExpiredToken               // a session that is over
	Denied                     // who calls is known, and may not
)

// answer is a code and a status.
type answer struct {
	code   string
	status int
}

// answers returns what each family but S3 calls the reason.
//
// Observed: JSON services answer 400 where REST services answer 403, for the same code.
func (r Reason) answers() [3]answer {
	switch r {
	case Missing:
		return [3]answer{
			{"MissingAuthenticationToken", http.StatusForbidden},
			{"MissingAuthenticationTokenException", http.StatusBadRequest},
			{"MissingAuthenticationTokenException", http.StatusForbidden},
		}
	case Incomplete:
		return [3]answer{
			{"IncompleteSignature", http.StatusBadRequest},
			{"IncompleteSignatureException", http.StatusBadRequest},
			{"IncompleteSignatureException", http.StatusForbidden},
		}
	case Mismatch:
		return [3]answer{
			{"SignatureDoesNotMatch", http.StatusForbidden},
			{"InvalidSignatureException", http.StatusBadRequest},
			{"InvalidSignatureException", http.StatusForbidden},
		}
	case UnknownKey:
		return [3]answer{
			{"InvalidClientTokenId", http.StatusForbidden},
			{"UnrecognizedClientException", http.StatusBadRequest},
			{"UnrecognizedClientException", http.StatusForbidden},
		}
	case ExpiredToken:
		return [3]answer{
			{"ExpiredToken", http.StatusForbidden},
			{"ExpiredTokenException", http.StatusBadRequest},
			{"ExpiredTokenException", http.StatusForbidden},
		}
	case Denied:
		return [3]answer{
			{"AccessDenied", http.StatusForbidden},
			{"AccessDeniedException", http.StatusBadRequest},
			{"AccessDeniedException", http.StatusForbidden},
		}
	}
	return [3]answer{
		{"InternalFailure", http.StatusInternalServerError},
		{"InternalFailure", http.StatusInternalServerError},
		{"InternalFailure", http.StatusInternalServerError},
	}
}

// Error says why a request was refused, as each family words it.
type Error struct {
	Reason  Reason
	Message string // what every family but S3 says

	S3Code    string // S3 tells more causes apart than the others
	S3Status  int
	S3Message string
	Details   []Detail // what S3 adds to its error document, in order
}

// Detail is an element of an S3 error document.
type Detail struct{ Name, Value string }

// Error returns the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.S3Message
	}
	return e.Message
}

// Answer returns the error code, the HTTP status and the message with which services of family f refuse the request.
func (e *Error) Answer(f Family) (code string, status int, message string) {
	if f == S3 {
		return e.S3Code, e.S3Status, e.S3Message
	}
	a := e.Reason.answers()[f]
	return a.code, a.status, e.Error()
}

// S3Error returns an error that only S3 answers with.
func S3Error(reason Reason, status int, code, message string, details ...Detail) *Error {
	return &Error{Reason: reason, S3Code: code, S3Status: status, S3Message: message, Details: details}
}

// both returns an error that S3 words in its own way.
func both(reason Reason, message string, status int, code, s3message string, details ...Detail) *Error {
	return &Error{
		Reason: reason, Message: message,
		S3Code: code, S3Status: status, S3Message: s3message, Details: details,
	}
}

// S3's codes for what cannot be read.
const (
	headerMalformed = "AuthorizationHeaderMalformed"
	queryMalformed  = "AuthorizationQueryParametersError"
	headerPrefix    = "The authorization header is malformed; "
	queryPrefix     = "Error parsing the X-Amz-Credential parameter; "
)

// MissingToken returns the error for a request without credentials, where one is needed.
func MissingToken() *Error {
	return both(Missing, "Request is missing Authentication Token", http.StatusForbidden, "AccessDenied", "Access Denied")
}

// UnknownAccessKey returns the error for an access key that does not exist.
func UnknownAccessKey(id string) *Error {
	return both(UnknownKey, "The security token included in the request is invalid.",
		http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
		Detail{"AWSAccessKeyId", id})
}

// WrongToken returns the error for a session token that is not the access key's.
func WrongToken(token string) *Error {
	return both(UnknownKey, "The security token included in the request is invalid.",
		http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid.",
		Detail{"Token-0", token})
}

// TokenExpired returns the error for a session that is over.
func TokenExpired(token string) *Error {
	return both(ExpiredToken, "The security token included in the request is expired",
		http.StatusBadRequest, "ExpiredToken", "The provided token has expired.",
		Detail{"Token-0", token})
}

// AccessDenied returns the error for a caller who is known, and may not.
func AccessDenied(message string) *Error {
	return both(Denied, message, http.StatusForbidden, "AccessDenied", "Access Denied")
}

// UnsupportedScheme returns the error for an Authorization header that is not AWS's.
func UnsupportedScheme(r *http.Request) *Error {
	return both(Missing, "Request is missing Authentication Token", http.StatusBadRequest,
		"InvalidArgument", "Unsupported Authorization Type",
		Detail{"ArgumentName", "Authorization"}, Detail{"ArgumentValue", first(r.Header["Authorization"])})
}
