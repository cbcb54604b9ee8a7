package sqs

import (
	"fmt"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
)

func (f *fixture) startMove(source, destination string, rate int32) string {
	f.t.Helper()
	in := &sqsapi.StartMessageMoveTaskInput{SourceArn: arnOf(source)}
	if destination != "" {
		in.DestinationArn = new(arnOf(destination))
	}
	if rate != 0 {
		in.MaxNumberOfMessagesPerSecond = &rate
	}
	out, err := f.StartMessageMoveTask(f.ctx, in)
	if err != nil {
		f.t.Fatalf("StartMessageMoveTask: %v", err)
	}
	return *out.TaskHandle
}

func (f *fixture) moves(source string) []sqsapi.ListMessageMoveTasksResultEntry {
	f.t.Helper()
	out, err := f.ListMessageMoveTasks(f.ctx, &sqsapi.ListMessageMoveTasksInput{SourceArn: arnOf(source), MaxResults: new(int32(10))})
	if err != nil {
		f.t.Fatalf("ListMessageMoveTasks: %v", err)
	}
	return out.Results
}

func describe(e sqsapi.ListMessageMoveTasksResultEntry) string {
	reason := ""
	if e.FailureReason != nil {
		reason = " " + *e.FailureReason
	}
	return fmt.Sprintf("%s %d/%d%s", *e.Status, *e.ApproximateNumberOfMessagesMoved, *e.ApproximateNumberOfMessagesToMove, reason)
}

// kill makes n dead letters.
func (f *fixture) kill(url string, n int) {
	f.t.Helper()
	for i := range n {
		in := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: fmt.Sprintf("%03d", i)}
		if isFIFOName(url) {
			in.MessageGroupId, in.MessageDeduplicationId = new("g"), new(fmt.Sprint(i))
		}
		f.sendIn(in)
	}
	for range 2 {
		for range n/10 + 1 {
			f.get(url, 10)
		}
		time.Sleep(time.Second)
	}
	for f.attributes(url, "All")["ApproximateNumberOfMessages"] != "0" {
		f.get(url, 10)
		time.Sleep(time.Second)
	}
}

func TestMoveTaskReturnsDeadLetters(t *testing.T) {
	for _, suffix := range []string{"", ".fifo"} {
		t.Run("queue"+suffix, func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				var fifo []string
				if suffix != "" {
					fifo = []string{"FifoQueue", "true"}
				}
				dead := f.create("dead"+suffix, fifo...)
				url := f.create("q"+suffix, append(fifo, "RedrivePolicy", redrive("dead"+suffix, 1), "VisibilityTimeout", "1")...)
				f.kill(url, 25)
				f.counts(dead, 25, 0, 0)
				f.startMove("dead"+suffix, "", 10)
				if got := describe(f.moves("dead" + suffix)[0]); got != "RUNNING 1/25" {
					t.Errorf("task = %s, want RUNNING 1/25", got)
				}
				_, err := f.StartMessageMoveTask(f.ctx, &sqsapi.StartMessageMoveTaskInput{SourceArn: arnOf("dead" + suffix)})
				wantError(t, err, "InvalidParameterValue", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
				time.Sleep(time.Second)
				if got := describe(f.moves("dead" + suffix)[0]); got != "RUNNING 11/25" {
					t.Errorf("task = %s, want RUNNING 11/25", got)
				}
				time.Sleep(2 * time.Second)
				if e := f.moves("dead" + suffix)[0]; describe(e) != "COMPLETED 25/25" || e.TaskHandle != nil {
					t.Errorf("task = %s, handle %v", describe(e), e.TaskHandle)
				}
				f.counts(dead, 0, 0, 0)
				f.counts(url, 25, 0, 0)
				m := f.get(url, 1)[0]
				if *m.Body != "000" || m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["DeadLetterQueueSourceArn"] != "" {
					t.Errorf("moved message = %s %v", *m.Body, m.Attributes)
				}
			})
		})
	}
}

func TestMoveTaskCancel(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		f.create("q", "RedrivePolicy", redrive("dead", 1))
		to := f.create("to")
		for i := range 5 {
			f.post(dead, fmt.Sprint(i))
		}
		handle := f.startMove("dead", "to", 1)
		time.Sleep(1500 * time.Millisecond)
		out, err := f.CancelMessageMoveTask(f.ctx, &sqsapi.CancelMessageMoveTaskInput{TaskHandle: handle})
		if err != nil || *out.ApproximateNumberOfMessagesMoved != 2 {
			t.Fatalf("cancel = %v, %v", out, err)
		}
		if got := describe(f.moves("dead")[0]); got != "CANCELLED 2/5" {
			t.Errorf("task = %s, want CANCELLED 2/5", got)
		}
		_, err = f.CancelMessageMoveTask(f.ctx, &sqsapi.CancelMessageMoveTaskInput{TaskHandle: handle})
		wantError(t, err, "InvalidParameterValue", "Only active tasks can be cancelled.")
		time.Sleep(time.Minute)
		f.counts(dead, 3, 0, 0)
		f.counts(to, 2, 0, 0)
	})
}

func TestMoveTaskFails(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		f.create("q", "RedrivePolicy", redrive("dead", 1))
		to := f.create("to")
		f.post(dead, "sent directly")
		f.startMove("dead", "", 0)
		time.Sleep(time.Second)
		if got := describe(f.moves("dead")[0]); got != "FAILED 0/1 CouldNotDetermineMessageSource" {
			t.Errorf("task = %s", got)
		}
		f.post(dead, "second")
		f.startMove("dead", "to", 1)
		if _, err := f.DeleteQueue(f.ctx, &sqsapi.DeleteQueueInput{QueueUrl: to}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if got := describe(f.moves("dead")[0]); got != "FAILED 1/2 AWS.SimpleQueueService.NonExistentQueue" && got != "FAILED 0/2 AWS.SimpleQueueService.NonExistentQueue" {
			t.Errorf("task = %s", got)
		}
		for range 12 {
			f.startMove("dead", "q", 500)
			time.Sleep(time.Second)
		}
		if n := len(f.moves("dead")); n != maxMoveTasks {
			t.Errorf("%d tasks listed, want %d", n, maxMoveTasks)
		}
	})
}

func TestMoveTaskLargeMessages(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		f.create("q", "RedrivePolicy", redrive("dead", 1))
		to := f.create("to")
		body := make([]byte, maxMessageBytes)
		for i := range body {
			body[i] = 'x'
		}
		for range 20 {
			f.post(dead, string(body))
		}
		f.startMove("dead", "to", 0)
		time.Sleep(5 * time.Second)
		if got := describe(f.moves("dead")[0]); got != "COMPLETED 20/20" {
			t.Errorf("task = %s, want COMPLETED 20/20", got)
		}
		f.counts(to, 20, 0, 0)
	})
}

func TestMoveTaskErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.create("plain")
		start := func(source string) error {
			_, err := f.StartMessageMoveTask(f.ctx, &sqsapi.StartMessageMoveTaskInput{SourceArn: source})
			return err
		}
		wantError(t, start("nonsense"), "InvalidParameterValue", "You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>")
		wantError(t, start(arnOf("gone")), "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")
		wantError(t, start(arnOf("plain")), "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	})
}
