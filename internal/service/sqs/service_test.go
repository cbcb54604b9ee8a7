package sqs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/clock"
	"github.com/cumulet/cumulet/internal/delivery/timer"
	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/memkv"
	"github.com/cumulet/cumulet/internal/wire"
)

// fixture is a service over a store in memory, and a caller.
type fixture struct {
	t   testing.TB
	ctx context.Context
	db  kv.Store
	*Service
}

const (
	testAccount = "123456789012"
	testRegion  = "eu-west-1"
	testBase    = "http://127.0.0.1:4566"
)

// inBubble runs fn with a service whose timers run, on a fake clock.
func inBubble(t *testing.T, fn func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, memkv.New(clock.New()))
		fn(f)
	})
}

// newFixture starts a service on a store.
func newFixture(t testing.TB, db kv.Store) *fixture {
	t.Helper()
	ctx := call.With(t.Context(), &call.Info{
		Account: testAccount, Region: testRegion, Partition: "aws", UserID: "AIDATEST", BaseURL: testBase,
	})
	timers := timer.New(timer.Deps{DB: db, Clock: clock.New(), Log: slog.New(slog.DiscardHandler)})
	f := &fixture{t: t, ctx: ctx, db: db, Service: New(Deps{DB: db, Clock: clock.New(), Timers: timers, Log: slog.New(slog.DiscardHandler)})}
	run, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- timers.Run(run) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("timers: %v", err)
		}
	})
	return f
}

func (f *fixture) create(name string, attributes ...string) string {
	f.t.Helper()
	out, err := f.CreateQueue(f.ctx, &sqsapi.CreateQueueInput{QueueName: name, Attributes: pairs(attributes)})
	if err != nil {
		f.t.Fatalf("CreateQueue(%s): %v", name, err)
	}
	return *out.QueueUrl
}

func pairs(kvs []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(kvs); i += 2 {
		m[kvs[i]] = kvs[i+1]
	}
	return m
}

func (f *fixture) sendIn(in *sqsapi.SendMessageInput) *sqsapi.SendMessageOutput {
	f.t.Helper()
	out, err := f.SendMessage(f.ctx, in)
	if err != nil {
		f.t.Fatalf("SendMessage(%q): %v", in.MessageBody, err)
	}
	return out
}

func (f *fixture) post(url, body string) *sqsapi.SendMessageOutput {
	f.t.Helper()
	return f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: body})
}

// postTo sends to a FIFO queue, with the body as deduplication id.
func (f *fixture) postTo(url, group, body string) *sqsapi.SendMessageOutput {
	f.t.Helper()
	return f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: body, MessageGroupId: &group, MessageDeduplicationId: &body})
}

func (f *fixture) receiveIn(in *sqsapi.ReceiveMessageInput) []sqsapi.Message {
	f.t.Helper()
	out, err := f.ReceiveMessage(f.ctx, in)
	if err != nil {
		f.t.Fatalf("ReceiveMessage: %v", err)
	}
	return out.Messages
}

func (f *fixture) get(url string, n int32) []sqsapi.Message {
	f.t.Helper()
	return f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: &n, AttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"}})
}

// want receives up to ten messages and compares their bodies.
func (f *fixture) want(url string, bodies ...string) []sqsapi.Message {
	f.t.Helper()
	got := f.get(url, 10)
	if b := bodiesOf(got); fmt.Sprint(b) != fmt.Sprint(bodies) {
		f.t.Fatalf("received %q, want %q", b, bodies)
	}
	return got
}

func bodiesOf(messages []sqsapi.Message) []string {
	bodies := []string{}
	for _, m := range messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

func (f *fixture) drop(url string, m sqsapi.Message) {
	f.t.Helper()
	if _, err := f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle}); err != nil {
		f.t.Fatalf("DeleteMessage(%q): %v", *m.Body, err)
	}
}

func (f *fixture) hide(url string, m sqsapi.Message, seconds int32) {
	f.t.Helper()
	_, err := f.ChangeMessageVisibility(f.ctx, &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: seconds})
	if err != nil {
		f.t.Fatalf("ChangeMessageVisibility(%q, %d): %v", *m.Body, seconds, err)
	}
}

func (f *fixture) attributes(url string, names ...string) map[string]string {
	f.t.Helper()
	out, err := f.GetQueueAttributes(f.ctx, &sqsapi.GetQueueAttributesInput{QueueUrl: url, AttributeNames: names})
	if err != nil {
		f.t.Fatalf("GetQueueAttributes: %v", err)
	}
	return out.Attributes
}

// counts compares the numbers of visible, in flight and delayed messages.
func (f *fixture) counts(url string, visible, inFlight, delayed int) {
	f.t.Helper()
	a := f.attributes(url, "All")
	got := fmt.Sprint(a["ApproximateNumberOfMessages"], " ", a["ApproximateNumberOfMessagesNotVisible"], " ", a["ApproximateNumberOfMessagesDelayed"])
	if want := fmt.Sprint(visible, " ", inFlight, " ", delayed); got != want {
		f.t.Fatalf("counts = %s, want %s", got, want)
	}
}

func (f *fixture) set(url string, attributes ...string) {
	f.t.Helper()
	if _, err := f.SetQueueAttributes(f.ctx, &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs(attributes)}); err != nil {
		f.t.Fatalf("SetQueueAttributes(%v): %v", attributes, err)
	}
}

// wantError checks an error's code, as SDKs show it, and text.
func wantError(t testing.TB, err error, code, message string) {
	t.Helper()
	apiErr, ok := errors.AsType[wire.APIError](err)
	if err == nil || !ok {
		t.Fatalf("error = %v, want %s: %s", err, code, message)
	}
	info := apiErr.ErrorInfo()
	got := info.QueryCode
	if got == "" {
		got = info.Code
	}
	if got != code || info.Message != message {
		t.Fatalf("error = %s: %s\nwant    %s: %s", got, info.Message, code, message)
	}
}

func TestSendReceiveDelete(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		if url != testBase+"/"+testAccount+"/q" {
			f.t.Errorf("url = %s", url)
		}
		sent := f.post(url, "hello")
		if *sent.MD5OfMessageBody != "5d41402abc4b2a76b9719d911017c592" || sent.SequenceNumber != nil {
			f.t.Errorf("sent = %+v", sent)
		}
		f.counts(url, 1, 0, 0)
		got := f.want(url, "hello")
		if *got[0].MessageId != *sent.MessageId || got[0].Attributes["ApproximateReceiveCount"] != "1" || got[0].Attributes["SenderId"] != "AIDATEST" {
			f.t.Errorf("received = %+v", got[0])
		}
		f.counts(url, 0, 1, 0)
		f.want(url)
		f.drop(url, got[0])
		f.counts(url, 0, 0, 0)
		f.drop(url, got[0]) // once more: succeeds quietly
		f.counts(url, 0, 0, 0)
		time.Sleep(time.Minute)
		f.want(url)
	})
}

func TestVisibilityTimeout(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		f.post(url, "a")
		first := f.want(url, "a")
		time.Sleep(30*time.Second - time.Nanosecond)
		f.want(url)
		time.Sleep(time.Nanosecond)
		second := f.want(url, "a")
		if second[0].Attributes["ApproximateReceiveCount"] != "2" || *second[0].ReceiptHandle == *first[0].ReceiptHandle {
			f.t.Errorf("second receive = %+v", second[0])
		}
		f.drop(url, first[0]) // not the latest handle: nothing happens
		f.counts(url, 0, 1, 0)
		time.Sleep(30 * time.Second)
		f.counts(url, 1, 0, 0)
		f.drop(url, second[0]) // visible again, but nobody else has it
		f.counts(url, 0, 0, 0)
		f.want(url)
	})
}

func TestLongPollWakesAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		start := time.Now()
		go func() {
			time.Sleep(7 * time.Second)
			f.post(url, "a")
		}()
		got := f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(20))})
		if len(got) != 1 || time.Since(start) != 7*time.Second {
			f.t.Errorf("received %d after %v, want 1 after 7s", len(got), time.Since(start))
		}
		start = time.Now()
		got = f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(20))})
		if len(got) != 0 || time.Since(start) != 20*time.Second {
			f.t.Errorf("received %d after %v, want 0 after 20s", len(got), time.Since(start))
		}
		start = time.Now() // the first message becomes visible again while somebody waits
		got = f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(20))})
		if len(got) != 1 || time.Since(start) != 10*time.Second {
			f.t.Errorf("received %d after %v, want 1 after 10s", len(got), time.Since(start))
		}
	})
}

func TestFIFOOrder(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true")
		last := ""
		for i := range 5 {
			out := f.postTo(url, "g", fmt.Sprint(i))
			if *out.SequenceNumber <= last || len(*out.SequenceNumber) != 20 {
				f.t.Errorf("sequence number %s after %s", *out.SequenceNumber, last)
			}
			last = *out.SequenceNumber
		}
		f.postTo(url, "h", "h0")
		got := f.get(url, 2)
		if fmt.Sprint(bodiesOf(got)) != "[0 1]" {
			f.t.Fatalf("received %q", bodiesOf(got))
		}
		f.want(url, "h0") // g is locked
		f.drop(url, got[0])
		f.want(url) // 1 is still in flight
		f.hide(url, got[1], 0)
		f.want(url, "1", "2", "3", "4")
	})
}
