package sqs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
)

func (f *fixture) receiveFIFO(url, attempt string, n int32) []sqsapi.Message {
	f.t.Helper()
	return f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: &n, ReceiveRequestAttemptId: &attempt, AttributeNames: []string{"All"}})
}

func TestFIFODeduplication(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true", "ContentBasedDeduplication", "true")
		send := func(group, body string) *sqsapi.SendMessageOutput {
			return f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: body, MessageGroupId: &group})
		}
		first := send("g", "a")
		again := send("h", "a")
		if *first.MessageId != *again.MessageId || *first.SequenceNumber != *again.SequenceNumber {
			t.Errorf("duplicate answered %s %s, want %s %s", *again.MessageId, *again.SequenceNumber, *first.MessageId, *first.SequenceNumber)
		}
		got := f.want(url, "a")
		if id := got[0].Attributes["MessageDeduplicationId"]; id != contentID([]byte("a")) {
			t.Errorf("deduplication id = %s", id)
		}
		f.drop(url, got[0])
		time.Sleep(5*time.Minute - time.Nanosecond)
		send("g", "a")
		f.want(url)
		time.Sleep(time.Nanosecond)
		send("g", "a")
		f.want(url, "a")
	})
}

func TestFIFODeduplicationScope(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true", "DeduplicationScope", "messageGroup", "FifoThroughputLimit", "perMessageGroupId")
		for _, group := range []string{"g", "h", "g"} {
			f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "in " + group, MessageGroupId: &group, MessageDeduplicationId: new("same")})
		}
		f.want(url, "in g", "in h")
		f.set(url, "DeduplicationScope", "queue", "FifoThroughputLimit", "perQueue")
		send := func(group, body string) {
			f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: body, MessageGroupId: &group, MessageDeduplicationId: new("other")})
		}
		send("i", "i1")
		send("j", "j1") // the old scope still holds
		f.want(url, "i1", "j1")
		time.Sleep(scopeChangeDelay)
		send("k", "k1")
		send("l", "l1")
		f.want(url, "in g", "in h", "i1", "j1", "k1")
	})
}

func TestFIFOSequenceNumbersGrow(t *testing.T) {
	inBubble(t, func(f *fixture) { // in a bubble time stands still between these calls
		url := f.create("q.fifo", "FifoQueue", "true")
		last := ""
		for i := range 20 {
			out := f.postTo(url, "g", fmt.Sprint(i))
			if *out.SequenceNumber <= last {
				t.Fatalf("sequence number %s after %s", *out.SequenceNumber, last)
			}
			last = *out.SequenceNumber
			if i%3 == 2 { // empty the group, so that its row goes
				for _, m := range f.get(url, 10) {
					f.drop(url, m)
				}
			}
			if i == 10 {
				if _, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestFIFOExpiredHandle(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true", "VisibilityTimeout", "5")
		f.postTo(url, "g", "a")
		m := f.want(url, "a")[0]
		time.Sleep(5 * time.Second)
		text := "Value " + *m.ReceiptHandle + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
		_, err := f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle})
		wantError(t, err, "InvalidParameterValue", text)
		_, err = f.ChangeMessageVisibility(f.ctx, &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: 5})
		wantError(t, err, "InvalidParameterValue", text)
		m2 := f.want(url, "a")[0]
		_, err = f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle})
		wantError(t, err, "InvalidParameterValue", text)
		f.drop(url, m2)
		f.drop(url, m2) // gone: succeeds quietly
		f.counts(url, 0, 0, 0)
	})
}

func TestFIFOVisibilityWithinGroup(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true", "VisibilityTimeout", "1")
		for _, body := range []string{"foo", "bar", "baz"} {
			f.postTo(url, "g", body)
		}
		got := f.want(url, "foo", "bar", "baz")
		f.hide(url, got[1], 4)
		time.Sleep(time.Second)
		f.counts(url, 2, 1, 0)
		f.want(url, "foo") // bar blocks baz
		time.Sleep(3 * time.Second)
		f.want(url, "foo", "bar", "baz")
	})
}

func TestFIFOGroupsAreIndependent(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true")
		for _, group := range []string{"a", "b", "c"} {
			for i := range 4 {
				f.postTo(url, group, fmt.Sprint(group, i))
			}
		}
		var got []string
		for range 4 {
			got = append(got, bodiesOf(f.get(url, 3))...)
		}
		slices.Sort(got)
		if want := []string{"a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"}; !slices.Equal(got, want) {
			t.Errorf("received %q, want three of each group: %q", got, want)
		}
		f.counts(url, 3, 9, 0)
		time.Sleep(30 * time.Second)
		f.counts(url, 12, 0, 0)
	})
}

func TestFIFODelay(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true", "DelaySeconds", "10")
		f.postTo(url, "g", "a")
		time.Sleep(5 * time.Second)
		f.postTo(url, "g", "b")
		f.counts(url, 0, 0, 2)
		f.want(url)
		time.Sleep(5 * time.Second)
		m := f.want(url, "a")[0]
		f.drop(url, m)
		f.want(url) // b is delayed still
		time.Sleep(5 * time.Second)
		f.want(url, "b")
	})
}

func TestReceiveRequestAttempt(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true")
		for i := range 4 {
			f.postTo(url, "g", fmt.Sprint(i))
		}
		first := f.receiveFIFO(url, "try-1", 2)
		time.Sleep(20 * time.Second)
		again := f.receiveFIFO(url, "try-1", 2)
		if len(again) != 2 || *again[0].ReceiptHandle != *first[0].ReceiptHandle || *again[1].MessageId != *first[1].MessageId {
			t.Fatalf("a repeated attempt got %v, want %v", bodiesOf(again), bodiesOf(first))
		}
		if got := f.receiveFIFO(url, "try-2", 2); len(got) != 0 {
			t.Fatalf("another attempt got %v, want nothing: the group is locked", bodiesOf(got))
		}
		time.Sleep(20 * time.Second) // 40 s after the first receive, 20 s after the second
		f.counts(url, 2, 2, 0)
		f.drop(url, again[0])
		if got := f.receiveFIFO(url, "try-1", 2); len(got) != 0 {
			t.Fatalf("after a delete the attempt got %v, want a new receive, which finds the group locked", bodiesOf(got))
		}
		f.drop(url, again[1])
		f.want(url, "2", "3")
	})
}

func TestFIFOSendErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q.fifo", "FifoQueue", "true")
		std := f.create("q")
		send := func(in sqsapi.SendMessageInput) error {
			if in.QueueUrl == "" {
				in.QueueUrl = url
			}
			in.MessageBody = "x"
			_, err := f.SendMessage(f.ctx, &in)
			return err
		}
		g, d := new("g"), new("d")
		wantError(t, send(sqsapi.SendMessageInput{MessageDeduplicationId: d}), "MissingParameter", "The request must contain the parameter MessageGroupId.")
		wantError(t, send(sqsapi.SendMessageInput{MessageGroupId: g}), "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
		wantError(t, send(sqsapi.SendMessageInput{MessageGroupId: new(strings.Repeat("g", 129)), MessageDeduplicationId: d}), "InvalidParameterValue",
			"Value "+strings.Repeat("g", 129)+" for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
		wantError(t, send(sqsapi.SendMessageInput{MessageGroupId: g, MessageDeduplicationId: d, DelaySeconds: new(int32(1))}), "InvalidParameterValue",
			"Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.")
		wantError(t, send(sqsapi.SendMessageInput{QueueUrl: std, MessageDeduplicationId: d}), "InvalidParameterValue",
			"Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.")
		if err := send(sqsapi.SendMessageInput{QueueUrl: std, MessageGroupId: g}); err != nil {
			t.Errorf("a group on a standard queue: %v", err)
		}
		if m := f.want(std, "x")[0]; m.Attributes["MessageGroupId"] != "g" || m.Attributes["SequenceNumber"] != "" {
			t.Errorf("attributes = %v", m.Attributes)
		}
	})
}
