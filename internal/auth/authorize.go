package auth

import (
	"context"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
	"github.com/cumulet/cumulet/internal/call"
)

// Authorize returns nil if the caller may do this action, such as sqs:SendMessage, and else an *Error.
//
// For now every caller may do everything: Authenticate already let in only whom the mode allows, and there are no
// users, roles or policies before the deploy issue. The gateway and wire.Caller call it for every operation
// nevertheless, so that evaluation has its one place. The exception is S3's anonymous callers: in the enforcing modes
// they have no principal, and as long as no bucket policy can allow them anything, they may do nothing.
func (a *Authenticator) Authorize(_ context.Context, info *call.Info, action string) error {
	if a.mode == Enforce && info.Principal == "" && info.Service == "s3" {
		return sigv4.AccessDenied("User: anonymous is not authorized to perform: " + action)
	}
	return nil
}
