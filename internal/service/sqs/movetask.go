package sqs

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
)

// moveTaskRow is a message move task: it moves the messages that are visible in a dead-letter queue back to the queues that
// they came from, or to another one. A timer drives it, some messages a transaction, so it goes on after a restart.
type moveTaskRow struct {
	ID          string // a UUID
	Destination string `json:",omitempty"` // ARN; empty: where each message came from
	Rate        int32  `json:",omitempty"` // messages a second; 0: as many as we like
	Started     int64  // milliseconds since 1970
	Status      string
	Moved       int64
	ToMove      int64  // visible messages at the start
	Reason      string `json:",omitempty"` // of status FAILED
	Due         int64  // nanoseconds: the task's timer
}

// Statuses of a move task.
const (
	moveRunning    = "RUNNING"
	moveCompleted  = "COMPLETED"
	moveCancelling = "CANCELLING"
	moveCancelled  = "CANCELLED"
	moveFailed     = "FAILED"
)

// Reasons for which a move task fails.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/troubleshooting-dlq-redrive.html
const (
	reasonNoSource = "CouldNotDetermineMessageSource"
	reasonNoQueue  = "AWS.SimpleQueueService.NonExistentQueue"
)

func (t *moveTaskRow) active() bool { return t.Status == moveRunning || t.Status == moveCancelling }

// moveHandle is what a task handle says, as JSON in base64. Observed: AWS's handles are the same.
type moveHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

// numberedTask is a task and its number, which grows with each task of a queue.
type numberedTask struct {
	number uint64
	moveTaskRow
}

// moveTasks returns a queue's tasks, the newest first.
func (k *queueKeys) moveTaskList(r kv.Reader) ([]numberedTask, error) {
	var tasks []numberedTask
	for key, value := range r.Scan(kv.Prefix(k.moveTasks)) {
		t := numberedTask{number: ^binary.BigEndian.Uint64(key[len(key)-8:])}
		if err := json.Unmarshal(value, &t.moveTaskRow); err != nil {
			return nil, fmt.Errorf("decode move task of queue %d: %w", k.id, err)
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// putMoveTask writes a task, and its timer if it is active.
func (s *Service) putMoveTask(tx kv.Tx, k *queueKeys, t *numberedTask) error {
	raw, err := json.Marshal(&t.moveTaskRow)
	if err != nil {
		return err
	}
	tx.Set(k.moveTask(t.number), raw)
	if t.active() {
		s.timers.Set(tx, timer.Timer{Due: time.Unix(0, t.Due).UTC(), Kind: timer.KindSQSMoveTask, ID: k.moveTimerID(t.number)})
	}
	return nil
}

func (k *queueKeys) moveTimerID(number uint64) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(k.id))
	return binary.BigEndian.AppendUint64(b, number)
}

// StartMessageMoveTask starts to move the messages of a dead-letter queue. A queue has one task at a time.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
func (s *Service) StartMessageMoveTask(ctx context.Context, in *sqsapi.StartMessageMoveTaskInput) (*sqsapi.StartMessageMoveTaskOutput, error) {
	if n := in.MaxNumberOfMessagesPerSecond; n != nil && (*n < 1 || *n > maxMoveRate) {
		return nil, invalidParameter("Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500.")
	}
	source, err := parseTaskARN(in.SourceArn, "SourceArn")
	if err != nil {
		return nil, err
	}
	var destination queueRef
	if in.DestinationArn != nil {
		if destination, err = parseTaskARN(*in.DestinationArn, "DestinationArn"); err != nil {
			return nil, err
		}
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	suffix := newSuffix()
	task := numberedTask{}
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.taskSource(tx, source)
		if err != nil {
			return err
		}
		if len(namesFrom(tx, source.sourcesKey(), "", "", 1)) == 0 {
			return invalidParameter("Source queue must be configured as a Dead Letter Queue.")
		}
		if in.DestinationArn != nil {
			if err := s.checkDestination(tx, q, destination); err != nil {
				return err
			}
		}
		tasks, err := q.moveTaskList(tx)
		if err != nil {
			return err
		}
		number := uint64(1)
		if len(tasks) > 0 {
			number = tasks[0].number + 1
			if tasks[0].active() {
				return invalidParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
			}
			for _, old := range tasks[min(len(tasks), maxMoveTasks-1):] {
				tx.Delete(q.moveTask(old.number))
			}
		}
		now := tx.Now()
		task = numberedTask{number, moveTaskRow{
			ID:      s.ids.newID(now, suffix).String(),
			Started: now.UnixMilli(),
			Status:  moveRunning,
			ToMove:  kv.Int64(tx.Snapshot().Get(q.visible)),
			Due:     now.UnixNano(),
		}}
		if in.DestinationArn != nil {
			task.Destination = *in.DestinationArn
		}
		if in.MaxNumberOfMessagesPerSecond != nil {
			task.Rate = *in.MaxNumberOfMessagesPerSecond
		}
		return s.putMoveTask(tx, &q.queueKeys, &task)
	})
	if err != nil {
		return nil, err
	}
	handle, err := taskHandle(task.ID, in.SourceArn)
	if err != nil {
		return nil, err
	}
	return &sqsapi.StartMessageMoveTaskOutput{TaskHandle: &handle}, nil
}

func taskHandle(id, sourceARN string) (string, error) {
	raw, err := json.Marshal(moveHandle{TaskID: id, SourceARN: sourceARN})
	return base64.StdEncoding.EncodeToString(raw), err
}

func parseTaskARN(arn, parameter string) (queueRef, error) {
	if arn == "" {
		return queueRef{}, missingParameter(parameter)
	}
	ref, service, ok := parseARN(arn)
	if !ok || service != "sqs" {
		return queueRef{}, invalidParameter("You must use this format to specify the %s: arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
	}
	return ref, nil
}

// taskSource reads the queue that a task moves messages from.
func (s *Service) taskSource(r kv.Reader, ref queueRef) (*queue, error) {
	q, err := s.find(r, ref)
	if err == nil && q == nil {
		err = resourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	return q, err
}

func (s *Service) checkDestination(r kv.Reader, source *queue, ref queueRef) error {
	q, err := s.find(r, ref)
	switch {
	case err != nil:
		return err
	case q == nil:
		return resourceNotFound("The resource that you specified for the DestinationArn parameter doesn't exist.")
	case q.fifo != source.fifo:
		return invalidParameter("The source queue and destination queue must be of the same queue type.")
	case q.id == source.id:
		return invalidParameter("Source queue arn and destination queue arn cannot be the same.")
	}
	return nil
}

// ListMessageMoveTasks lists a queue's tasks, the newest first: one unless the caller asks for more, and at most ten.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
func (s *Service) ListMessageMoveTasks(ctx context.Context, in *sqsapi.ListMessageMoveTasksInput) (*sqsapi.ListMessageMoveTasksOutput, error) {
	n := 1
	if in.MaxResults != nil {
		n = int(*in.MaxResults)
		if n < 1 || n > maxMoveTasks {
			return nil, invalidValue(n, "MaxResults", "Must be between 1 and 10, if provided.")
		}
	}
	source, err := parseTaskARN(in.SourceArn, "SourceArn")
	if err != nil {
		return nil, err
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	out := &sqsapi.ListMessageMoveTasksOutput{}
	err = s.db.View(ctx, func(r kv.Reader) error {
		q, err := s.taskSource(r, source)
		if err != nil {
			return err
		}
		tasks, err := q.moveTaskList(r)
		if err != nil {
			return err
		}
		for i := range tasks[:min(n, len(tasks))] {
			entry, err := tasks[i].show(in.SourceArn)
			if err != nil {
				return err
			}
			out.Results = append(out.Results, entry)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *moveTaskRow) show(sourceARN string) (sqsapi.ListMessageMoveTasksResultEntry, error) {
	entry := sqsapi.ListMessageMoveTasksResultEntry{
		Status:                            new(t.Status),
		SourceArn:                         new(sourceARN),
		ApproximateNumberOfMessagesMoved:  new(t.Moved),
		ApproximateNumberOfMessagesToMove: new(t.ToMove),
		StartedTimestamp:                  new(t.Started),
	}
	if t.Destination != "" {
		entry.DestinationArn = new(t.Destination)
	}
	if t.Rate != 0 {
		entry.MaxNumberOfMessagesPerSecond = new(t.Rate)
	}
	if t.Reason != "" {
		entry.FailureReason = new(t.Reason)
	}
	if t.Status == moveRunning {
		handle, err := taskHandle(t.ID, sourceARN)
		if err != nil {
			return entry, err
		}
		entry.TaskHandle = &handle
	}
	return entry, nil
}

// CancelMessageMoveTask stops a running task. What it has moved stays moved.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html
func (s *Service) CancelMessageMoveTask(ctx context.Context, in *sqsapi.CancelMessageMoveTaskInput) (*sqsapi.CancelMessageMoveTaskOutput, error) {
	if in.TaskHandle == "" {
		return nil, missingParameter("TaskHandle")
	}
	var handle moveHandle
	raw, err := base64.StdEncoding.DecodeString(in.TaskHandle)
	if err != nil || json.Unmarshal(raw, &handle) != nil || handle.TaskID == "" {
		return nil, invalidParameter("Value for parameter TaskHandle is invalid.")
	}
	source, _, ok := parseARN(handle.SourceARN)
	if !ok {
		return nil, invalidParameter("Value for parameter TaskHandle is invalid.")
	}
	if c := call.From(ctx); source.account != c.Account || source.region != c.Region {
		return nil, resourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if err := s.timers.CatchUp(ctx); err != nil {
		return nil, err
	}
	var moved int64
	err = s.db.Update(ctx, func(tx kv.Tx) error {
		q, err := s.taskSource(tx, source)
		if err != nil {
			return err
		}
		tasks, err := q.moveTaskList(tx)
		if err != nil {
			return err
		}
		for i := range tasks {
			t := &tasks[i]
			if t.ID != handle.TaskID {
				continue
			}
			if t.Status != moveRunning {
				return invalidParameter("Only active tasks can be cancelled.")
			}
			s.timers.Clear(tx, time.Unix(0, t.Due).UTC(), timer.KindSQSMoveTask, q.moveTimerID(t.number))
			t.Status, t.Due, moved = moveCancelling, tx.Now().UnixNano(), t.Moved
			return s.putMoveTask(tx, &q.queueKeys, t)
		}
		return resourceNotFound("Task does not exist.")
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.CancelMessageMoveTaskOutput{ApproximateNumberOfMessagesMoved: &moved}, nil
}

// moveTasksDue lets tasks go on. Tasks that find no room in this transaction are due again at once.
func (s *Service) moveTasksDue(tx kv.Tx, due []timer.Timer) error {
	copied := 0
	for _, t := range due {
		if len(t.ID) != 16 {
			return fmt.Errorf("timer of a move task: %w", errRow)
		}
		id, number := queueID(binary.BigEndian.Uint64(t.ID)), binary.BigEndian.Uint64(t.ID[8:])
		q, _, err := s.byID(tx, id)
		if err != nil {
			return err
		}
		if q == nil {
			continue // deleted, and the task with it
		}
		raw := tx.Get(q.moveTask(number))
		task := numberedTask{number: number}
		if raw == nil {
			continue
		}
		if err := json.Unmarshal(raw, &task.moveTaskRow); err != nil {
			return fmt.Errorf("decode move task of queue %d: %w", id, err)
		}
		switch {
		case task.Due != t.Due.UnixNano() || !task.active():
			continue
		case task.Status == moveCancelling:
			task.Status = moveCancelled
		case copied >= maxCopied:
			task.Due++
		default:
			n, err := s.moveSome(tx, q, &task.moveTaskRow)
			if err != nil {
				return err
			}
			copied += n
		}
		if err := s.putMoveTask(tx, &q.queueKeys, &task); err != nil {
			return err
		}
	}
	return nil
}

// moveSome moves some of a task's messages and decides how the task goes on. It returns how many bytes it copied.
func (s *Service) moveSome(tx kv.Tx, q *queue, task *moveTaskRow) (int, error) {
	now := tx.Now()
	want, pause := moveBatch, moveUnlimited
	if task.Rate > 0 {
		want = max(int(task.Rate)/10, 1)
		pause = time.Duration(want) * time.Second / time.Duration(task.Rate)
	}
	source := *q
	source.redrive = nil // a dead-letter queue's own policy has no say here
	shared := newSight(q, s.heads.of(q.id))
	shared.unfair = true
	r := &receive{q: &source, now: now, want: int(min(int64(want), task.ToMove-task.Moved)), sight: shared}
	r.expired = now.Add(-q.row.retention()).UnixMilli()
	r.to = func(m *message, _ *state) (bool, error) { return s.moveOne(tx, q, task, m) }
	if err := s.takeVisible(tx, r); err != nil {
		return 0, err
	}
	task.Moved += int64(r.taken)
	task.Due = now.Add(pause).UnixNano()
	switch {
	case task.Reason != "":
		task.Status = moveFailed
	case task.Moved >= task.ToMove, r.taken == 0 && !r.again:
		task.Status = moveCompleted
	}
	return r.copied, nil
}

// moveOne sends a message to where the task wants it, as a new message. If that is not possible it gives the reason.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func (s *Service) moveOne(tx kv.Tx, source *queue, task *moveTaskRow, m *message) (bool, error) {
	arn := task.Destination
	if arn == "" {
		arn = m.source
	}
	if arn == "" {
		task.Reason = reasonNoSource
		return false, nil
	}
	ref, _, _ := parseARN(arn)
	target, err := s.find(tx, ref)
	if err != nil {
		return false, err
	}
	if target == nil || target.id == source.id || target.fifo != source.fifo {
		task.Reason = reasonNoQueue
		return false, nil
	}
	now := tx.Now()
	sent := *m
	sent.id = s.ids.newID(now, newSuffix())
	sent.sent, sent.enqueued = now.UnixMilli(), now.UnixMilli()
	sent.source, sent.priorCount, sent.firstReceived = "", 0, 0
	return true, s.put(tx, target, &sent, 0)
}
