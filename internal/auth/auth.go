package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/clock"
)

// DefaultRegion is the region of callers who name none.
const DefaultRegion = "us-east-1"

// Error says why a request is refused, as each family of services words it.
type Error = sigv4.Error

// Deps is what an Authenticator needs.
type Deps struct {
	Mode  Mode
	Root  Credential // from LoadRoot
	Clock *clock.Clock
	Log   *slog.Logger
}

// Authenticator finds out who calls. Its methods may be called concurrently.
type Authenticator struct {
	mode     Mode
	root     Credential
	clock    *clock.Clock
	log      *slog.Logger
	verifier sigv4.Verifier
}

// New returns an authenticator.
func New(d Deps) *Authenticator {
	return &Authenticator{mode: d.Mode, root: d.Root, clock: d.Clock, log: d.Log}
}

// Request is a request whose caller is to be found.
type Request struct {
	HTTP      *http.Request
	Signature sigv4.Signature // from sigv4.Parse or sigv4.ParseForm
	ParseErr  error           // what they returned beside it
	// Service is the signing name that the signature's scope must have; any if empty.
	Service string
	// S3 says that the service is S3: its rules and its errors hold.
	S3 bool
	// Bucket is the bucket that was found in the host name, if there is one.
	Bucket string
	// Body is the whole body as received, before any Content-Encoding is undone. Not used for S3.
	Body []byte
	// Policy is the policy of an S3 POST form, in base64 as sent.
	Policy string
	// Anonymous says that the operation takes unsigned requests, as AssumeRoleWithWebIdentity does. S3 always does:
	// who owns a bucket decides, and that is for Authorize.
	Anonymous bool
}

// Authenticate sets account, region, partition, principal, user id and access key of info. The error is an *Error.
func (a *Authenticator) Authenticate(ctx context.Context, req *Request, info *call.Info) error {
	if a.mode != Local {
		c, err := a.verify(req)
		switch {
		case err == nil:
			a.identify(req, c, info)
			return nil
		case a.mode == Enforce:
			return err
		}
		a.log.WarnContext(ctx, "request would be refused", "err", err, "access_key", req.Signature.AccessKey,
			"service", req.Service, "path", req.HTTP.URL.Path)
	}
	return a.trust(req, info)
}

// trust believes what a request says. Only what cannot be read at all is refused.
func (a *Authenticator) trust(req *Request, info *call.Info) error {
	sig := &req.Signature
	if req.ParseErr != nil && sig.AccessKey == "" {
		return req.ParseErr
	}
	c, ok := a.lookup(sig.AccessKey)
	if !ok {
		c = Credential{AccessKey: sig.AccessKey, Account: DefaultAccount}
		if isAccount(sig.AccessKey) {
			c.Account = sig.AccessKey
		} else if account, ok := accountOfKey(sig.AccessKey); ok && sig.AccessKey[0] == 'L' {
			// Keys that LocalStack issued name an account. AWS's own do too, but a developer who happens to have some
			// in the environment expects the account that everyone here has.
			c.Account = account
		}
	}
	a.identify(req, c, info)
	return nil
}

// verify finds the credential of a request and verifies its signature. An unsigned request that is allowed has the zero
// credential.
func (a *Authenticator) verify(req *Request) (Credential, error) {
	sig := &req.Signature
	if req.ParseErr != nil {
		return Credential{}, req.ParseErr
	}
	if !sig.Signed() {
		switch {
		case sig.Kind == sigv4.Other && req.S3:
			return Credential{}, sigv4.UnsupportedScheme(req.HTTP)
		case req.S3 || req.Anonymous:
			return Credential{}, nil
		}
		return Credential{}, sigv4.MissingToken()
	}
	now := a.clock.Now()
	rules := sigv4.Rules{S3: req.S3, Bucket: req.Bucket, Service: req.Service, MaxSkew: maxSkew(sig.Service)}
	if err := sigv4.Check(req.HTTP, sig, now, rules); err != nil {
		return Credential{}, err
	}
	c, ok := a.lookup(sig.AccessKey)
	if !ok {
		return Credential{}, sigv4.UnknownAccessKey(sig.AccessKey)
	}
	if !c.Expires.IsZero() && now.After(c.Expires) {
		return Credential{}, sigv4.TokenExpired(sig.SessionToken)
	}
	secret := sigv4.Secret{Key: c.Secret, SessionToken: c.SessionToken}
	if sig.Kind == sigv4.Form || sig.Kind == sigv4.FormV2 {
		return c, a.verifier.VerifyForm(sig, req.Policy, secret)
	}
	return c, a.verifier.Verify(req.HTTP, sig, secret, req.Body, rules)
}

// lookup finds an access key. Users' keys and sessions will be looked up here too.
func (a *Authenticator) lookup(accessKey string) (Credential, bool) {
	if a.root.AccessKey == "" || subtle.ConstantTimeCompare([]byte(accessKey), []byte(a.root.AccessKey)) != 1 {
		return Credential{}, false
	}
	return a.root, true
}

// identify writes who calls into info.
func (a *Authenticator) identify(req *Request, c Credential, info *call.Info) {
	info.Region = req.Signature.Region
	if info.Region == "" || info.Region == "*" {
		info.Region = DefaultRegion
	}
	info.Partition = Partition(info.Region)
	info.Account, info.Principal, info.UserID, info.AccessKey = c.Account, c.Principal, c.UserID, c.AccessKey
	if info.Account == "" { // anonymous, and verified to be
		info.Account = DefaultAccount
		return
	}
	if info.Principal == "" || info.Partition != "aws" && c.UserID == c.Account {
		info.Principal, info.UserID = rootARN(info.Partition, c.Account), c.Account
	}
}

// maxSkew returns how far a request's time may be from ours.
//
// Observed: DynamoDB and ECR say 15 min. in their errors, others 5; STS takes presigned requests for 15 minutes.
func maxSkew(service string) time.Duration {
	switch service {
	case "dynamodb", "ecr", "s3", "sts":
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

// AsError returns the *Error that err is or wraps.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
