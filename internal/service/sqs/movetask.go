package sqs

import (
	"context"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

func (s *Service) StartMessageMoveTask(ctx context.Context, in *sqsapi.StartMessageMoveTaskInput) (*sqsapi.StartMessageMoveTaskOutput, error) {
	return nil, &sqsapi.UnsupportedOperation{}
}
func (s *Service) ListMessageMoveTasks(ctx context.Context, in *sqsapi.ListMessageMoveTasksInput) (*sqsapi.ListMessageMoveTasksOutput, error) {
	return nil, &sqsapi.UnsupportedOperation{}
}
func (s *Service) CancelMessageMoveTask(ctx context.Context, in *sqsapi.CancelMessageMoveTaskInput) (*sqsapi.CancelMessageMoveTaskOutput, error) {
	return nil, &sqsapi.UnsupportedOperation{}
}
func (s *Service) moveTasksDue(tx kv.Tx, due []timer.Timer) error { return nil }
