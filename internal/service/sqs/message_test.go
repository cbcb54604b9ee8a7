package sqs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

func TestMessageErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		const invalid = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
		type attributes = map[string]sqsapi.MessageAttributeValue
		str := func(v string) sqsapi.MessageAttributeValue {
			return sqsapi.MessageAttributeValue{DataType: "String", StringValue: &v}
		}
		eleven := attributes{}
		for i := range 11 {
			eleven[fmt.Sprint("a", i)] = str("v")
		}
		for _, c := range []struct {
			in            sqsapi.SendMessageInput
			code, message string
		}{
			{sqsapi.SendMessageInput{MessageBody: ""}, "MissingParameter", "The request must contain the parameter MessageBody."},
			{sqsapi.SendMessageInput{MessageBody: "a\x00"}, "InvalidMessageContents", invalid},
			{sqsapi.SendMessageInput{MessageBody: "a\uFFFE"}, "InvalidMessageContents", invalid},
			{sqsapi.SendMessageInput{MessageBody: strings.Repeat("a", 1<<20+1)}, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."},
			{sqsapi.SendMessageInput{MessageBody: "a", DelaySeconds: new(int32(901))}, "InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: eleven}, "InvalidParameterValue", "Number of message attributes [11] exceeds the allowed maximum [10]."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"n": {DataType: "Number", StringValue: new("x")}}}, "InvalidParameterValue", "Can't cast the value of message (user) attribute 'n' to a number."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"n": {DataType: "Text", StringValue: new("x")}}}, "InvalidParameterValue", "The type of message (user) attribute 'n' is invalid. You must use only the following supported type prefixes: Binary, Number, String."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"n": {StringValue: new("x")}}}, "InvalidParameterValue", "The message attribute 'n' must contain non-empty message attribute type."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"n": {DataType: "Binary"}}}, "InvalidParameterValue", "Message (user) attribute 'n' must contain a non-empty value of type 'Binary'."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"aws.n": str("x")}}, "InvalidParameterValue", "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon."},
			{sqsapi.SendMessageInput{MessageBody: "a", MessageAttributes: attributes{"n!": str("x")}}, "InvalidParameterValue", "Invalid non-alphanumeric character '#x21' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
			{sqsapi.SendMessageInput{QueueUrl: "nope", MessageBody: ""}, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."},
		} {
			if c.in.QueueUrl == "" {
				c.in.QueueUrl = url
			}
			_, err := f.SendMessage(f.ctx, &c.in)
			wantError(t, err, c.code, c.message)
		}
		f.counts(url, 0, 0, 0)
	})
}

func TestLargestMessage(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		body := strings.Repeat("é", 1<<19)
		f.post(url, body)
		f.want(url, body)
	})
}

func TestDelay(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "DelaySeconds", "10")
		f.post(url, "a")
		f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "b", DelaySeconds: new(int32(0))})
		f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "c", DelaySeconds: new(int32(3))})
		f.counts(url, 1, 0, 2)
		f.want(url, "b")
		time.Sleep(3 * time.Second)
		f.want(url, "c")
		time.Sleep(7*time.Second - time.Nanosecond)
		f.want(url)
		time.Sleep(time.Nanosecond)
		f.want(url, "a")
	})
}

func TestChangeVisibility(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		f.post(url, "a")
		m := f.want(url, "a")[0]
		change := func(seconds int32) error {
			_, err := f.ChangeMessageVisibility(f.ctx, &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: seconds})
			return err
		}
		f.hide(url, m, 100)
		time.Sleep(99 * time.Second)
		f.want(url)
		wantError(t, change(43200), "InvalidParameterValue", "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
		wantError(t, change(43201), "InvalidParameterValue", "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.")
		time.Sleep(time.Second)
		f.counts(url, 1, 0, 0)
		f.hide(url, m, 50) // nobody else has received it: hidden again
		f.counts(url, 0, 1, 0)
		f.want(url)
		f.hide(url, m, 0)
		f.counts(url, 1, 0, 0)
		m = f.want(url, "a")[0]
		f.want(url) // the left-over ready rows deliver nothing
		f.drop(url, m)
		wantError(t, change(5), "InvalidParameterValue", "Value "+*m.ReceiptHandle+" for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")
		f.counts(url, 0, 0, 0)
	})
}

func TestReceiveErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		for _, c := range []struct {
			in            sqsapi.ReceiveMessageInput
			code, message string
		}{
			{sqsapi.ReceiveMessageInput{MaxNumberOfMessages: new(int32(0))}, "InvalidParameterValue", "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."},
			{sqsapi.ReceiveMessageInput{VisibilityTimeout: new(int32(-1))}, "InvalidParameterValue", "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."},
			{sqsapi.ReceiveMessageInput{AttributeNames: []string{"Color"}}, "InvalidAttributeName", "Unknown Attribute Color."},
			{sqsapi.ReceiveMessageInput{QueueUrl: "nope", WaitTimeSeconds: new(int32(99))}, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."},
		} {
			if c.in.QueueUrl == "" {
				c.in.QueueUrl = url
			}
			_, err := f.ReceiveMessage(f.ctx, &c.in)
			wantError(t, err, c.code, c.message)
		}
		for _, handle := range []string{"fake", "AQEB", strings.Repeat("A", 52)} {
			_, err := f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
			wantError(t, err, "ReceiptHandleIsInvalid", `The input receipt handle "`+handle+`" is not a valid receipt handle.`)
		}
	})
}

func TestLongPollEndsWithClient(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "ReceiveMessageWaitTimeSeconds", "20")
		ctx, cancel := context.WithTimeout(f.ctx, 5*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := f.ReceiveMessage(ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url}); err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("err = %v after %v, want an error after 5s", err, time.Since(start))
		}
		f.post(url, "a")
		if _, err := f.ReceiveMessage(ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url}); err == nil {
			t.Error("a message was given to a client that is gone")
		}
		f.counts(url, 1, 0, 0)
	})
}

func TestLongPollsShareMessages(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		start := time.Now()
		got := make(chan time.Duration, 5)
		for range 5 {
			go func() {
				m := f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(20))})
				if len(m) != 1 {
					t.Errorf("received %d messages, want 1", len(m))
				}
				got <- time.Since(start)
			}()
		}
		for i := range 5 {
			time.Sleep(time.Second)
			f.post(url, fmt.Sprint(i))
			if d := <-got; d != time.Duration(i+1)*time.Second {
				t.Errorf("message %d received after %v", i, d)
			}
		}
	})
}

func TestBatches(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "MaximumMessageSize", "1024")
		out, err := f.SendMessageBatch(f.ctx, &sqsapi.SendMessageBatchInput{QueueUrl: url, Entries: []sqsapi.SendMessageBatchRequestEntry{
			{Id: "ok", MessageBody: "a"},
			{Id: "empty"},
			{Id: "bad", MessageBody: "\x01"},
			{Id: "long", MessageBody: strings.Repeat("x", 1025)},
			{Id: "late", MessageBody: "b", DelaySeconds: new(int32(5))},
		}})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, s := range out.Successful {
			text += s.Id + " "
		}
		for _, e := range out.Failed {
			text += fmt.Sprint(e.Id, ":", e.Code, ":", e.SenderFault, " ")
		}
		if want := "ok late empty:MissingParameter:true bad:InvalidMessageContents:true long:InvalidParameterValue:true "; text != want {
			t.Errorf("batch = %s\nwant    %s", text, want)
		}
		f.counts(url, 1, 0, 1)
		m := f.want(url, "a")[0]
		changed, err := f.ChangeMessageVisibilityBatch(f.ctx, &sqsapi.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []sqsapi.ChangeMessageVisibilityBatchRequestEntry{
			{Id: "1", ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: new(int32(60))}, {Id: "2", ReceiptHandle: "x", VisibilityTimeout: new(int32(60))},
		}})
		if err != nil || len(changed.Successful) != 1 || changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
			t.Errorf("changed = %+v, %v", changed, err)
		}
		deleted, err := f.DeleteMessageBatch(f.ctx, &sqsapi.DeleteMessageBatchInput{QueueUrl: url, Entries: []sqsapi.DeleteMessageBatchRequestEntry{
			{Id: "1", ReceiptHandle: *m.ReceiptHandle}, {Id: "2", ReceiptHandle: "x"},
		}})
		if err != nil || len(deleted.Successful) != 1 || len(deleted.Failed) != 1 {
			t.Errorf("deleted = %+v, %v", deleted, err)
		}
		f.counts(url, 0, 0, 1)
	})
}

func TestBatchErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		del := func(url string, ids ...string) error {
			in := &sqsapi.DeleteMessageBatchInput{QueueUrl: url}
			for _, id := range ids {
				in.Entries = append(in.Entries, sqsapi.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: "x"})
			}
			_, err := f.DeleteMessageBatch(f.ctx, in)
			return err
		}
		const prefix = "AWS.SimpleQueueService."
		wantError(t, del(url), prefix+"EmptyBatchRequest", "There should be at least one DeleteMessageBatchRequestEntry in the request.")
		wantError(t, del(url, "a", "b", "a"), prefix+"BatchEntryIdsNotDistinct", "Id a repeated.")
		wantError(t, del(url, "a b"), prefix+"InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		wantError(t, del(url, strings.Split("abcdefghijk", "")...), prefix+"TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11.")
		wantError(t, del("nope"), prefix+"NonExistentQueue", "The specified queue does not exist.")
		_, err := f.SendMessageBatch(f.ctx, &sqsapi.SendMessageBatchInput{QueueUrl: url, Entries: []sqsapi.SendMessageBatchRequestEntry{
			{Id: "1", MessageBody: strings.Repeat("x", 1<<19)}, {Id: "2", MessageBody: strings.Repeat("x", 1<<19+1)},
		}})
		wantError(t, err, prefix+"BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.")
	})
}

// The checksum of AWS's own example of message attributes is in the SDKs' tests of this algorithm.
func TestAttributesMD5(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		out := f.sendIn(&sqsapi.SendMessageInput{
			QueueUrl: url, MessageBody: "x",
			MessageAttributes: map[string]sqsapi.MessageAttributeValue{"timestamp": {DataType: "Number", StringValue: new("1493147359900")}},
			MessageSystemAttributes: map[string]sqsapi.MessageSystemAttributeValue{
				"AWSTraceHeader": {DataType: "String", StringValue: new("Root=1-5759e988-bd862e3fe1be46a994272793")},
			},
		})
		if *out.MD5OfMessageAttributes != "235c5c510d26fb653d073faed50ae77c" || out.MD5OfMessageSystemAttributes == nil {
			t.Errorf("sent = %+v", out)
		}
		m := f.want(url, "x")[0]
		if m.Attributes["AWSTraceHeader"] != "Root=1-5759e988-bd862e3fe1be46a994272793" || *m.MD5OfMessageAttributes != *out.MD5OfMessageAttributes {
			t.Errorf("received = %+v", m)
		}
	})
}

func TestInFlightLimit(t *testing.T) {
	inBubble(t, func(f *fixture) {
		for _, name := range []string{"q", "q.fifo"} {
			var fifo []string
			if isFIFOName(name) {
				fifo = []string{"FifoQueue", "true"}
			}
			url := f.create(name, fifo...)
			ref, err := resolve(f.ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				in := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: fmt.Sprint(i)}
				if fifo != nil {
					in.MessageGroupId, in.MessageDeduplicationId = new("g"), new(fmt.Sprint(i))
				}
				f.sendIn(in)
			}
			err = f.db.Update(f.ctx, func(tx kv.Tx) error {
				q, err := f.queue(tx, ref)
				if err == nil {
					tx.Add(q.inFlight, maxInFlight-3)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			f.want(url, "0", "1", "2")
			_, err = f.ReceiveMessage(f.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url})
			if fifo == nil {
				wantError(t, err, "OverLimit", "The maximum number of in flight messages is reached: 120000.")
			} else if err != nil {
				t.Errorf("FIFO queue at its limit: %v, want no error and no messages", err)
			}
			start := time.Now()
			got := f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(5))})
			if len(got) != 0 || time.Since(start) != 5*time.Second {
				t.Errorf("long poll at the limit: %d messages after %v, want none after 5s", len(got), time.Since(start))
			}
			time.Sleep(30 * time.Second)
			if got := f.get(url, 10); len(got) != 3 {
				t.Errorf("%d messages once three are back, want 3", len(got))
			}
		}
	})
}
