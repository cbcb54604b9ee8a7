package sqs

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
)

func (f *fixture) tryCreate(name string, attributes ...string) error {
	_, err := f.CreateQueue(f.ctx, &sqsapi.CreateQueueInput{QueueName: name, Attributes: pairs(attributes)})
	return err
}

func TestCreateQueueNames(t *testing.T) {
	inBubble(t, func(f *fixture) {
		const rule = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
		const fifoRule = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
		f.create(strings.Repeat("a", 80))
		f.create("aZ09-_")
		wantError(t, f.tryCreate(""), "InvalidParameterValue", "Queue name cannot be empty")
		wantError(t, f.tryCreate(strings.Repeat("a", 81)), "InvalidParameterValue", rule)
		wantError(t, f.tryCreate("a.b"), "InvalidParameterValue", rule)
		wantError(t, f.tryCreate("a b"), "InvalidParameterValue", rule)
		wantError(t, f.tryCreate("a.fifo"), "InvalidParameterValue", rule)
		wantError(t, f.tryCreate("a", "FifoQueue", "true"), "InvalidParameterValue", fifoRule)
		wantError(t, f.tryCreate("a.fifo", "FifoQueue", "false"), "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
		wantError(t, f.tryCreate("a", "Color", "red"), "InvalidAttributeName", "Unknown Attribute Color.")
	})
}

func TestCreateQueueTwice(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.create("q", "DelaySeconds", "1", "VisibilityTimeout", "7")
		f.create("q")
		f.create("q", "VisibilityTimeout", "7")
		wantError(t, f.tryCreate("q", "VisibilityTimeout", "8"), "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute VisibilityTimeout")
	})
}

func TestAttributeRanges(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		ranges := map[string][2]int{
			"DelaySeconds": {0, 900}, "MaximumMessageSize": {1024, 1048576}, "MessageRetentionPeriod": {60, 1209600},
			"ReceiveMessageWaitTimeSeconds": {0, 20}, "VisibilityTimeout": {0, 43200}, "KmsDataKeyReusePeriodSeconds": {60, 86400},
		}
		for name, r := range ranges {
			for _, v := range r {
				f.set(url, name, fmt.Sprint(v))
			}
			for _, v := range []string{fmt.Sprint(r[0] - 1), fmt.Sprint(r[1] + 1), "", "x", "1.5", " 60"} {
				_, err := f.SetQueueAttributes(f.ctx, &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs([]string{name, v})})
				wantError(t, err, "InvalidAttributeValue", "Invalid value for the parameter "+name+".")
			}
		}
	})
}

func TestEncryptionAttributes(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		if a := f.attributes(url, "All"); a["SqsManagedSseEnabled"] != "true" || a["KmsMasterKeyId"] != "" {
			t.Errorf("attributes = %v", a)
		}
		f.set(url, "KmsMasterKeyId", "alias/aws/sqs")
		if a := f.attributes(url, "All"); a["SqsManagedSseEnabled"] != "false" || a["KmsMasterKeyId"] != "alias/aws/sqs" || a["KmsDataKeyReusePeriodSeconds"] != "300" {
			t.Errorf("attributes = %v", a)
		}
		f.set(url, "SqsManagedSseEnabled", "true")
		if a := f.attributes(url, "All"); a["SqsManagedSseEnabled"] != "true" || a["KmsMasterKeyId"] != "" {
			t.Errorf("attributes = %v", a)
		}
		_, err := f.SetQueueAttributes(f.ctx, &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs([]string{"SqsManagedSseEnabled", "true", "KmsMasterKeyId", "k"})})
		wantError(t, err, "InvalidAttributeName", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	})
}

func TestGetQueueAttributesNames(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		if a := f.attributes(url); a != nil {
			t.Errorf("no names: %v, want nothing", a)
		}
		if a := f.attributes(url, "Policy"); a != nil {
			t.Errorf("an attribute that is not set: %v, want nothing", a)
		}
		want := map[string]string{"QueueArn": arnOf("q"), "DelaySeconds": "0"}
		if a := f.attributes(url, "QueueArn", "DelaySeconds"); !maps.Equal(a, want) {
			t.Errorf("attributes = %v, want %v", a, want)
		}
		_, err := f.GetQueueAttributes(f.ctx, &sqsapi.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []string{"Color"}})
		wantError(t, err, "InvalidAttributeName", "Unknown Attribute Color.")
	})
}

func TestDeletedQueue(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		f.post(url, "old")
		m := f.want(url, "old")[0]
		f.post(url, "older")
		if _, err := f.DeleteQueue(f.ctx, &sqsapi.DeleteQueueInput{QueueUrl: url}); err != nil {
			t.Fatal(err)
		}
		_, err := f.SendMessage(f.ctx, &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "x"})
		wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
		wantError(t, f.tryCreate("q"), "AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
		time.Sleep(60 * time.Second)
		f.create("q")
		f.want(url)
		f.counts(url, 0, 0, 0)
		_, err = f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle})
		wantError(t, err, "ReceiptHandleIsInvalid", `The receipt handle "`+*m.ReceiptHandle+`" is not valid for this queue.`)
	})
}

func TestDeleteQueueEndsLongPoll(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		go func() {
			time.Sleep(time.Second)
			if _, err := f.DeleteQueue(f.ctx, &sqsapi.DeleteQueueInput{QueueUrl: url}); err != nil {
				t.Error(err)
			}
		}()
		_, err := f.ReceiveMessage(f.ctx, &sqsapi.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(20))})
		wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
	})
}

func TestQueueURLForms(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.create("q")
		for _, url := range []string{
			"q", "/" + testAccount + "/q", testAccount + "/q", "http://localhost:4566/" + testAccount + "/q",
			"https://sqs." + testRegion + ".amazonaws.com/" + testAccount + "/q",
			"https://" + testRegion + ".queue.amazonaws.com/" + testAccount + "/q",
			"http://sqs." + testRegion + ".localhost.localstack.cloud:4566/" + testAccount + "/q",
			"http://localhost:4566/queue/" + testRegion + "/" + testAccount + "/q",
			"http://localhost:4566/" + testAccount + "/q/",
		} {
			f.post(url, url)
			if m := f.want(url, url); m != nil {
				f.drop(url, m[0])
			}
		}
		for _, url := range []string{"http://localhost:4566", "http://localhost:4566/q", "a/q", "http://"} {
			_, err := f.SendMessage(f.ctx, &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "x"})
			wantError(t, err, "InvalidAddress", "The address "+url+" is not valid for this endpoint.")
		}
		for _, url := range []string{
			"https://sqs.us-east-2.amazonaws.com/" + testAccount + "/q", "http://h/000000000001/q", "nope",
			"http://localhost:4566/queue/us-east-2/" + testAccount + "/q",
		} {
			_, err := f.SendMessage(f.ctx, &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "x"})
			wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
		}
	})
}

func TestGetQueueURL(t *testing.T) {
	inBubble(t, func(f *fixture) {
		want := f.create("q")
		out, err := f.GetQueueUrl(f.ctx, &sqsapi.GetQueueUrlInput{QueueName: "q"})
		if err != nil || *out.QueueUrl != want {
			t.Errorf("url = %v, %v", out, err)
		}
		_, err = f.GetQueueUrl(f.ctx, &sqsapi.GetQueueUrlInput{QueueName: "p"})
		wantError(t, err, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
		other := call.With(t.Context(), &call.Info{Account: "000000000001", Region: testRegion, BaseURL: testBase})
		out, err = f.GetQueueUrl(other, &sqsapi.GetQueueUrlInput{QueueName: "q", QueueOwnerAWSAccountId: new(testAccount)})
		if err != nil || *out.QueueUrl != want {
			t.Errorf("url seen by another account = %v, %v", out, err)
		}
	})
}

func TestListQueues(t *testing.T) {
	inBubble(t, func(f *fixture) {
		for _, name := range []string{"b2", "a1", "b1", "b10", "c"} {
			f.create(name)
		}
		list := func(prefix string, n int32, token *string) ([]string, *string) {
			in := &sqsapi.ListQueuesInput{NextToken: token}
			if prefix != "" {
				in.QueueNamePrefix = &prefix
			}
			if n > 0 {
				in.MaxResults = &n
			}
			out, err := f.ListQueues(f.ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, url := range out.QueueUrls {
				names = append(names, strings.TrimPrefix(url, testBase+"/"+testAccount+"/"))
			}
			return names, out.NextToken
		}
		if names, token := list("", 0, nil); fmt.Sprint(names) != "[a1 b1 b10 b2 c]" || token != nil {
			t.Errorf("all = %v, %v", names, token)
		}
		names, token := list("b", 2, nil)
		if fmt.Sprint(names) != "[b1 b10]" || token == nil {
			t.Errorf("first page = %v, %v", names, token)
		}
		if names, token = list("b", 2, token); fmt.Sprint(names) != "[b2]" || token != nil {
			t.Errorf("second page = %v, %v", names, token)
		}
		other := call.With(t.Context(), &call.Info{Account: testAccount, Region: "us-west-2", BaseURL: testBase})
		if out, err := f.ListQueues(other, &sqsapi.ListQueuesInput{}); err != nil || len(out.QueueUrls) != 0 {
			t.Errorf("another region sees %v, %v", out, err)
		}
	})
}

func TestTags(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		many := map[string]string{}
		for i := range maxTags {
			many[fmt.Sprint("k", i)] = ""
		}
		tag := func(tags map[string]string) error {
			_, err := f.TagQueue(f.ctx, &sqsapi.TagQueueInput{QueueUrl: url, Tags: tags})
			return err
		}
		if err := tag(many); err != nil {
			t.Fatal(err)
		}
		wantError(t, tag(map[string]string{"one more": ""}), "InvalidParameterValue", "Too many tags added for queue. Maximum of 50 tags are allowed.")
		if err := tag(map[string]string{"k1": "v"}); err != nil {
			t.Error(err)
		}
		out, err := f.ListQueueTags(f.ctx, &sqsapi.ListQueueTagsInput{QueueUrl: url})
		if err != nil || len(out.Tags) != maxTags || out.Tags["k1"] != "v" {
			t.Errorf("tags = %v, %v", out, err)
		}
	})
}

func TestPurgeQueue(t *testing.T) {
	inBubble(t, func(f *fixture) {
		for _, name := range []string{"q", "q.fifo"} {
			var fifo []string
			if isFIFOName(name) {
				fifo = []string{"FifoQueue", "true"}
			}
			url := f.create(name, fifo...)
			for i := range 5 {
				in := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: fmt.Sprint(i)}
				if fifo != nil {
					in.MessageGroupId, in.MessageDeduplicationId = new("g"), new(fmt.Sprint(i))
				}
				f.sendIn(in)
			}
			if fifo == nil {
				f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "later", DelaySeconds: new(int32(5))})
			}
			got := f.get(url, 2)
			if _, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}); err != nil {
				t.Fatal(err)
			}
			f.counts(url, 0, 0, 0)
			f.drop(url, got[0])
			f.want(url)
			_, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url})
			wantError(t, err, "AWS.SimpleQueueService.PurgeQueueInProgress", "Only one PurgeQueue operation on "+name+" is allowed every 60 seconds.")
			time.Sleep(60 * time.Second)
			f.counts(url, 0, 0, 0)
			f.want(url)
			if _, err := f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRetention(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q", "MessageRetentionPeriod", "60", "VisibilityTimeout", "30")
		f.post(url, "a")
		f.want(url, "a") // in flight for 30 s
		time.Sleep(20 * time.Second)
		f.post(url, "b")
		f.sendIn(&sqsapi.SendMessageInput{QueueUrl: url, MessageBody: "c", DelaySeconds: new(int32(500))})
		time.Sleep(39 * time.Second)
		f.counts(url, 2, 0, 1)
		time.Sleep(time.Second)
		f.counts(url, 1, 0, 1) // a is gone
		f.want(url, "b")
		time.Sleep(19 * time.Second)
		f.counts(url, 0, 1, 1)
		time.Sleep(2 * time.Second)
		f.counts(url, 0, 0, 0) // b in flight, c delayed: gone as well
		f.post(url, "d")
		f.set(url, "MessageRetentionPeriod", "300")
		time.Sleep(200 * time.Second)
		f.set(url, "MessageRetentionPeriod", "100")
		f.counts(url, 0, 0, 0)
		f.want(url)
	})
}

func TestPermissions(t *testing.T) {
	inBubble(t, func(f *fixture) {
		url := f.create("q")
		policy := `{"Version":"2012-10-17","Statement":{"Sid":"mine","Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"` + arnOf("q") + `"}}`
		f.set(url, "Policy", policy)
		if got := f.attributes(url, "Policy")["Policy"]; got != policy {
			t.Errorf("Policy = %s, want %s", got, policy)
		}
		add := func(label string, accounts []string, actions ...string) error {
			_, err := f.AddPermission(f.ctx, &sqsapi.AddPermissionInput{QueueUrl: url, Label: label, AWSAccountIds: accounts, Actions: actions})
			return err
		}
		if err := add("theirs", []string{"000000000001"}, "SendMessage", "ReceiveMessage"); err != nil {
			t.Fatal(err)
		}
		want := `{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"` + arnOf("q") +
			`"},{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:root"},"Action":["SQS:SendMessage","SQS:ReceiveMessage"],"Resource":"` + arnOf("q") + `"}]}`
		if got := f.attributes(url, "Policy")["Policy"]; got != want {
			t.Errorf("Policy = %s, want %s", got, want)
		}
		wantError(t, add("mine", []string{"000000000001"}, "SendMessage"), "InvalidParameterValue", "Value mine for parameter Label is invalid. Reason: Already exists.")
		wantError(t, add("l", []string{"000000000001"}, "CreateQueue"), "InvalidParameterValue", "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.")
		for _, bad := range []string{"x", "[]", `{"Statement":[]}`, `{"Version":"2020-01-01","Statement":{}}`, `{"Statement":{"Effect":"Maybe"}}`} {
			_, err := f.SetQueueAttributes(f.ctx, &sqsapi.SetQueueAttributesInput{QueueUrl: url, Attributes: pairs([]string{"Policy", bad})})
			wantError(t, err, "InvalidAttributeValue", "Invalid value for the parameter Policy.")
		}
	})
}
