package sqs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
)

func arnOf(name string) string { return "arn:aws:sqs:" + testRegion + ":" + testAccount + ":" + name }

func redrive(target string, n int) string {
	return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arnOf(target), n)
}

func TestDeadLetter(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		url := f.create("q", "RedrivePolicy", redrive("dead", 2), "VisibilityTimeout", "1")
		sent := f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "a", MessageAttributes: map[string]sqsapi.MessageAttributeValue{
			"n": {DataType: "Number", StringValue: new("1")},
		}})
		f.post(url, "b")
		first := f.want(url, "a", "b")[0].Attributes["ApproximateFirstReceiveTimestamp"]
		time.Sleep(time.Second)
		second := f.want(url, "a", "b")
		f.hide(url, second[1], 100)
		time.Sleep(time.Second)
		f.want(url)
		f.counts(url, 0, 1, 0)
		m := f.want(dead, "a")[0]
		if *m.MessageId != *sent.MessageId || m.Attributes["DeadLetterQueueSourceArn"] != arnOf("q") ||
			m.Attributes["ApproximateReceiveCount"] != "3" || m.Attributes["ApproximateFirstReceiveTimestamp"] != first ||
			*m.MessageAttributes["n"].StringValue != "1" {
			t.Errorf("dead letter = %+v", m)
		}
		f.drop(dead, m)
		f.counts(dead, 0, 0, 0)
	})
}

func TestDeadLetterWakesWaiter(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		url := f.create("q", "RedrivePolicy", redrive("dead", 1), "VisibilityTimeout", "1")
		f.post(url, "a")
		f.want(url, "a")
		go func() {
			time.Sleep(3 * time.Second)
			f.want(url)
		}()
		start := time.Now()
		got := f.receiveIn(&sqsapi.ReceiveMessageInput{QueueUrl: dead, WaitTimeSeconds: new(int32(20))})
		if len(got) != 1 || time.Since(start) != 3*time.Second {
			t.Errorf("received %d after %v, want 1 after 3s", len(got), time.Since(start))
		}
	})
}

func TestDeadLetterKeepsFIFOOrder(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead.fifo", "FifoQueue", "true")
		url := f.create("q.fifo", "FifoQueue", "true", "RedrivePolicy", redrive("dead.fifo", 1), "VisibilityTimeout", "1")
		for i := range 25 {
			f.postTo(url, "g", fmt.Sprintf("%02d", i))
		}
		for range 3 {
			f.get(url, 10)
			time.Sleep(time.Second)
		}
		for len(f.get(url, 10)) > 0 {
			time.Sleep(time.Second)
		}
		f.counts(url, 0, 0, 0)
		var got []string
		for {
			messages := f.get(dead, 10)
			if len(messages) == 0 {
				break
			}
			got = append(got, bodiesOf(messages)...)
			for _, m := range messages {
				f.drop(dead, m)
			}
		}
		for i, body := range got {
			if body != fmt.Sprintf("%02d", i) {
				t.Fatalf("dead letters in order %v", got)
			}
		}
		if len(got) != 25 {
			t.Errorf("%d dead letters, want 25", len(got))
		}
	})
}

func TestDeadLetterWithoutTarget(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		url := f.create("q", "RedrivePolicy", redrive("dead", 1), "VisibilityTimeout", "0")
		f.post(url, "a")
		f.want(url, "a")
		f.set(dead, "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
		f.want(url, "a") // not lost
		f.set(dead, "RedriveAllowPolicy", fmt.Sprintf(`{"redrivePermission":"byQueue","sourceQueueArns":[%q]}`, arnOf("q")))
		f.want(url)
		f.counts(dead, 1, 0, 0)
	})
}

func TestDeadLetterRetention(t *testing.T) {
	inBubble(t, func(f *fixture) {
		for _, suffix := range []string{"", ".fifo"} {
			var fifo []string
			if suffix != "" {
				fifo = []string{"FifoQueue", "true"}
			}
			dead := f.create("dead"+suffix, append(fifo, "MessageRetentionPeriod", "100")...)
			url := f.create("q"+suffix, append(fifo, "VisibilityTimeout", "1", "RedrivePolicy", redrive("dead"+suffix, 1))...)
			in := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "a"}
			if suffix != "" {
				in.MessageGroupId, in.MessageDeduplicationId = new("g"), new("d")
			}
			f.sendIn(in)
			f.want(url, "a")
			time.Sleep(60 * time.Second)
			f.want(url)
			f.counts(dead, 1, 0, 0)
			time.Sleep(45 * time.Second) // 105 s after it was sent, 45 s after it became a dead letter
			left := 0
			if suffix != "" {
				left = 1
			}
			f.counts(dead, left, 0, 0)
			time.Sleep(60 * time.Second)
			f.counts(dead, 0, 0, 0)
		}
	})
}

func TestRedrivePolicyErrors(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.create("dead")
		f.create("dead.fifo", "FifoQueue", "true")
		f.create("closed", "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
		url := f.create("q")
		set := func(name, value string) error {
			_, err := f.SetQueueAttributes(f.ctx, &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: value}})
			return err
		}
		bad := func(value, reason string) {
			t.Helper()
			wantError(t, set("RedrivePolicy", value), "InvalidParameterValue", "Value "+value+" for parameter RedrivePolicy is invalid. Reason: "+reason)
		}
		wantError(t, set("RedrivePolicy", "7"), "InvalidAttributeValue", "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
		bad(`{}`, "Redrive policy does not contain mandatory attribute: maxReceiveCount.")
		bad(`{"maxReceiveCount":1}`, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
		bad(redrive("dead", 0), "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.")
		bad(redrive("dead", 1001), "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.")
		bad(`{"deadLetterTargetArn":"dead","maxReceiveCount":1}`, "Dead-letter target ARN should be fully qualified ARN.")
		bad(redrive("gone", 1), "Dead letter target does not exist.")
		bad(redrive("dead.fifo", 1), "Dead-letter queue must be same type of queue as the source..")
		bad(strings.Replace(redrive("dead", 1), testAccount, "000000000001", 1), "Dead-letter target owner should be same as the source.")
		if err := set("RedrivePolicy", redrive("closed", 1)); err == nil {
			t.Error("a queue whose RedriveAllowPolicy denies all was accepted")
		}
		if err := set("RedrivePolicy", `{ "maxReceiveCount": "4", "deadLetterTargetArn": "`+arnOf("dead")+`"}`); err != nil {
			t.Fatal(err)
		}
		if got, want := f.attributes(url, "RedrivePolicy")["RedrivePolicy"], redrive("dead", 4); got != want {
			t.Errorf("RedrivePolicy = %s, want %s", got, want)
		}
		if err := set("RedrivePolicy", ""); err != nil || len(f.attributes(url, "RedrivePolicy")) != 0 {
			t.Errorf("removing the policy: %v", err)
		}
	})
}

func TestListDeadLetterSourceQueues(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead")
		for i := range 5 {
			f.create(fmt.Sprintf("q%d", i), "RedrivePolicy", redrive("dead", 1))
		}
		f.set(testBase+"/"+testAccount+"/q3", "RedrivePolicy", "")
		if _, err := f.DeleteQueue(f.ctx, &sqsapi.DeleteQueueInput{QueueUrl: "q1"}); err != nil {
			t.Fatal(err)
		}
		var got []string
		var token *string
		pages := 0
		for {
			out, err := f.ListDeadLetterSourceQueues(f.ctx, &sqsapi.ListDeadLetterSourceQueuesInput{QueueUrl: dead, MaxResults: new(int32(2)), NextToken: token})
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, url := range out.QueueUrls {
				got = append(got, url[strings.LastIndexByte(url, '/')+1:])
			}
			if token = out.NextToken; token == nil {
				break
			}
		}
		if fmt.Sprint(got) != "[q0 q2 q4]" || pages != 2 {
			t.Errorf("sources %v on %d pages, want [q0 q2 q4] on 2", got, pages)
		}
	})
}

// More FIFO dead letters than a sweep looks at, sent longer ago than the retention period, must not keep it busy.
func TestManyOldDeadLetters(t *testing.T) {
	inBubble(t, func(f *fixture) {
		dead := f.create("dead.fifo", "FifoQueue", "true", "MessageRetentionPeriod", "60")
		url := f.create("q.fifo", "FifoQueue", "true", "VisibilityTimeout", "1", "RedrivePolicy", redrive("dead.fifo", 1))
		const n = sweepBatch + 100
		for i := range n {
			f.postTo(url, fmt.Sprint("g", i), fmt.Sprint(i))
		}
		for range n / 10 {
			f.get(url, 10)
		}
		time.Sleep(100 * time.Second)
		f.want(url)
		f.counts(dead, n, 0, 0)
		time.Sleep(59 * time.Second)
		f.counts(dead, n, 0, 0)
		time.Sleep(2 * time.Second)
		f.counts(dead, 0, 0, 0)
	})
}
