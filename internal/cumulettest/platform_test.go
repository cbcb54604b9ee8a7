package cumulettest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cumulet/cumulet/internal/cumulettest"
)

func TestOfficialClients(t *testing.T) {
	cumulettest.Run(t, func(t *testing.T, p *cumulettest.Platform) {
		id, err := sts.NewFromConfig(p.AWS()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := *id.Arn, "arn:aws:iam::000000000000:root"; got != want {
			t.Errorf("GetCallerIdentity = %s, want %s", got, want)
		}
		c := sqs.NewFromConfig(p.AWS())
		q, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		out, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: q.QueueUrl, WaitTimeSeconds: 20})
		if err != nil || len(out.Messages) != 0 || time.Since(start) != 20*time.Second {
			t.Errorf("got %v, %v after %v; want nothing after 20s", out, err, time.Since(start))
		}
		var missing *types.QueueDoesNotExist
		if _, err = c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(p.URL + "/000000000000/none"), MessageBody: aws.String("x")}); !errors.As(err, &missing) {
			t.Errorf("SendMessage = %v, want QueueDoesNotExist", err)
		}
	})
}

// TestTime shows that a day in which nothing happens costs nothing.
func TestTime(t *testing.T) {
	cumulettest.Run(t, func(t *testing.T, p *cumulettest.Platform) {
		if _, err := p.Call(t.Context(), "sqs", "CreateQueue", `{"QueueName": "q"}`); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
	})
}
