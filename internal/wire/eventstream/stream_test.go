package eventstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/lambda"
	"github.com/cumulet/cumulet/internal/api/s3"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
	"github.com/cumulet/cumulet/internal/wire/restjson"
	"github.com/cumulet/cumulet/internal/wire/restxml"
)

// serve answers every request with out, over a socket, and returns how to reach it and what the stream ended with.
func serve(t *testing.T, p wire.Protocol, service, op string, out wire.Shape) (aws.Config, <-chan error) {
	t.Helper()
	call := &wire.Call{RequestID: "id"}
	for _, m := range catalog.Models {
		if m.ID == service {
			call.Model = m
		}
	}
	i := slices.IndexFunc(call.Model.Operations, func(o wire.OperationModel) bool { return o.Name == op })
	call.Operation = &call.Model.Operations[i]
	ended := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		resp := &wire.Response{Header: w.Header()}
		if err := p.Encode(call, out, resp); err != nil {
			ended <- err
			return
		}
		w.WriteHeader(resp.Status)
		ended <- resp.Stream(w, http.NewResponseController(w).Flush)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}, ended
}

// TestLambda streams a function's answer to AWS's client. Each chunk arrives before the next one is made.
func TestLambda(t *testing.T) {
	received := make(chan struct{})
	out := &lambda.InvokeWithResponseStreamOutput{
		StatusCode: new(int32(200)), ExecutedVersion: new("$LATEST"),
		EventStream: func(send func(*lambda.InvokeWithResponseStreamResponseEvent) error) error {
			for _, chunk := range []string{"one", "two\x00\xff", ""} {
				if err := send(&lambda.InvokeWithResponseStreamResponseEvent{PayloadChunk: &lambda.InvokeResponseStreamUpdate{Payload: []byte(chunk)}}); err != nil {
					return err
				}
				<-received
			}
			return send(&lambda.InvokeWithResponseStreamResponseEvent{InvokeComplete: &lambda.InvokeWithResponseStreamCompleteEvent{LogResult: new("log")}})
		},
	}
	cfg, ended := serve(t, restjson.Protocol{}, "lambda", "InvokeWithResponseStream", out)
	got, err := awslambda.NewFromConfig(cfg).InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{FunctionName: aws.String("f")})
	if err != nil {
		t.Fatal(err)
	}
	stream := got.GetStream()
	var chunks []string
	complete := false
	for event := range stream.Events() {
		switch e := event.(type) {
		case *lambdatypes.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			chunks = append(chunks, string(e.Value.Payload))
			received <- struct{}{}
		case *lambdatypes.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			complete = aws.ToString(e.Value.LogResult) == "log"
		}
	}
	if err := errors.Join(stream.Err(), <-ended); err != nil {
		t.Error(err)
	}
	if !slices.Equal(chunks, []string{"one", "two\x00\xff", ""}) || !complete || aws.ToString(got.ExecutedVersion) != "$LATEST" || got.StatusCode != 200 {
		t.Errorf("got %q, complete %t, %+v", chunks, complete, got)
	}
}

// TestS3Select sends every kind of event: bytes, XML, and nothing.
func TestS3Select(t *testing.T) {
	out := &s3.SelectObjectContentOutput{
		Payload: func(send func(*s3.SelectObjectContentEventStream) error) error {
			for _, e := range []s3.SelectObjectContentEventStream{
				{Cont: &s3.ContinuationEvent{}},
				{Records: &s3.RecordsEvent{Payload: []byte("a,b\n")}},
				{Progress: &s3.ProgressEvent{Details: &s3.Progress{BytesScanned: new(int64(1))}}},
				{Stats: &s3.StatsEvent{Details: &s3.Stats{BytesScanned: new(int64(2)), BytesReturned: new(int64(3))}}},
				{End: &s3.EndEvent{}},
			} {
				if err := send(&e); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cfg, ended := serve(t, restxml.Protocol{}, "s3", "SelectObjectContent", out)
	client := awss3.NewFromConfig(cfg, func(o *awss3.Options) { o.UsePathStyle = true })
	got, err := client.SelectObjectContent(t.Context(), selectInput())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for event := range got.GetStream().Events() {
		switch e := event.(type) {
		case *s3types.SelectObjectContentEventStreamMemberCont:
			kinds = append(kinds, "cont")
		case *s3types.SelectObjectContentEventStreamMemberRecords:
			kinds = append(kinds, string(e.Value.Payload))
		case *s3types.SelectObjectContentEventStreamMemberProgress:
			if aws.ToInt64(e.Value.Details.BytesScanned) == 1 {
				kinds = append(kinds, "progress")
			}
		case *s3types.SelectObjectContentEventStreamMemberStats:
			if aws.ToInt64(e.Value.Details.BytesScanned) == 2 && aws.ToInt64(e.Value.Details.BytesReturned) == 3 {
				kinds = append(kinds, "stats")
			}
		case *s3types.SelectObjectContentEventStreamMemberEnd:
			kinds = append(kinds, "end")
		}
	}
	if err := errors.Join(got.GetStream().Err(), <-ended); err != nil {
		t.Error(err)
	}
	if want := []string{"cont", "a,b\n", "progress", "stats", "end"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
}

func selectInput() *awss3.SelectObjectContentInput {
	return &awss3.SelectObjectContentInput{
		Bucket: aws.String("b"), Key: aws.String("k"), Expression: aws.String("select * from s3object"), ExpressionType: s3types.ExpressionTypeSql,
		InputSerialization: &s3types.InputSerialization{}, OutputSerialization: &s3types.OutputSerialization{},
	}
}

// TestErrors ends streams with an error: one for clients becomes the last event, any other is told from outside as well.
func TestErrors(t *testing.T) {
	secret := errors.New("secret")
	for _, c := range []struct {
		err   error
		code  string
		ended error
	}{
		{&lambda.ServiceException{Message: "no"}, "ServiceException", nil},
		{wire.Errorf(400, "Strange", "no"), "Strange", nil},
		{secret, "InternalFailure", secret},
	} {
		out := &lambda.InvokeWithResponseStreamOutput{
			EventStream: func(func(*lambda.InvokeWithResponseStreamResponseEvent) error) error { return c.err },
		}
		cfg, ended := serve(t, restjson.Protocol{}, "lambda", "InvokeWithResponseStream", out)
		got, err := awslambda.NewFromConfig(cfg).InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{FunctionName: aws.String("f")})
		if err != nil {
			t.Fatal(err)
		}
		for range got.GetStream().Events() {
			t.Error("there is an event")
		}
		var apiErr smithy.APIError
		if !errors.As(got.GetStream().Err(), &apiErr) || apiErr.ErrorCode() != c.code {
			t.Errorf("%v: the client got %v, want code %s", c.err, got.GetStream().Err(), c.code)
		}
		if err := <-ended; !errors.Is(err, c.ended) {
			t.Errorf("%v: the stream ended with %v, want %v", c.err, err, c.ended)
		}
	}
}

// TestGoneClient stops the source when the client is gone.
func TestGoneClient(t *testing.T) {
	gone := errors.New("gone")
	sent := 0
	out := &lambda.InvokeWithResponseStreamOutput{
		EventStream: func(send func(*lambda.InvokeWithResponseStreamResponseEvent) error) error {
			for {
				if err := send(&lambda.InvokeWithResponseStreamResponseEvent{PayloadChunk: &lambda.InvokeResponseStreamUpdate{Payload: []byte("x")}}); err != nil {
					return err
				}
				sent++
			}
		},
	}
	body := eventstream.Body{ContentType: "application/json", Append: jsonbody.Wire.Append}
	resp := &wire.Response{}
	if !body.Encode(out, resp) {
		t.Fatal("the output has no stream")
	}
	flushes := 0
	err := resp.Stream(io.Discard, func() error {
		if flushes++; flushes == 3 {
			return gone
		}
		return nil
	})
	if !errors.Is(err, gone) || sent != 2 || flushes != 3 {
		t.Errorf("Stream = %v after %d events and %d flushes, want %v after 2 and 3", err, sent, flushes, gone)
	}
}
