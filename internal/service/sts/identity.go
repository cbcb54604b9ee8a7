package sts

import (
	"context"

	stsapi "github.com/cumulet/cumulet/internal/api/sts"
	"github.com/cumulet/cumulet/internal/call"
)

// Service implements AWS STS. Its zero value is ready, and its methods may be called concurrently.
type Service struct{}

var _ stsapi.Handler = (*Service)(nil)

// New returns a service.
func New() *Service { return &Service{} }

// GetCallerIdentity returns who signed the request. Every caller may ask, whatever policies say.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (s *Service) GetCallerIdentity(ctx context.Context, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	c := call.From(ctx)
	return &stsapi.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.Principal, UserId: &c.UserID}, nil
}
