// Package call carries who is calling through a request.
//
// It is the only value that travels by context (CONVENTIONS rule 5).
package call

import "context"

// Info says who calls, and where. The zero value is an anonymous call.
type Info struct {
	Account   string // 12 digits
	Region    string // such as us-east-1
	Partition string // such as aws
	Principal string // the caller's ARN; empty when anonymous
	UserID    string // the caller's unique id, as GetCallerIdentity shows it
	AccessKey string // the access key id that signed the request; empty when unsigned
	RequestID string // the request's id, as the answer's header shows it
	Service   string // the API package's name, such as sqs
	Operation string // such as SendMessage
	Trace     string // the X-Amzn-Trace-Id header, as it was sent; empty when it was not
	BaseURL   string // scheme and authority under which the caller reached the server, such as http://127.0.0.1:4566
}

type key struct{}

// With returns a context that carries info.
func With(ctx context.Context, info *Info) context.Context {
	return context.WithValue(ctx, key{}, info)
}

// From returns the call that ctx carries, or a zero Info, never nil. The caller must not change it.
func From(ctx context.Context) *Info {
	if info, ok := ctx.Value(key{}).(*Info); ok {
		return info
	}
	return &Info{}
}
