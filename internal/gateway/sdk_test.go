package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	cloudwatchapi "github.com/cumulet/cumulet/internal/api/cloudwatch"
	lambdaapi "github.com/cumulet/cumulet/internal/api/lambda"
	s3api "github.com/cumulet/cumulet/internal/api/s3"
	"github.com/cumulet/cumulet/internal/call"
)

// sdk returns the configuration of official clients for a server that verifies their signatures.
func sdk(t *testing.T, o options, secret string) aws.Config {
	t.Helper()
	o.mode = "enforce"
	h := newHarness(t, o)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(func() {
		if log := h.log.String(); log != "" {
			t.Errorf("logged:\n%s", log)
		}
	})
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + serve(t, h.gateway, nil)),
		HTTPClient: &http.Client{Transport: transport}, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: secret}, nil
		}),
	}
}

// TestOfficialClients calls with official clients in all protocols. Their signatures are verified.
func TestOfficialClients(t *testing.T) {
	objects := map[string]string{}
	metrics := 0
	cfg := sdk(t, options{
		putObj: func(_ context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
			b, err := io.ReadAll(in.Body)
			if err != nil {
				return nil, err
			}
			objects[in.Bucket+"/"+in.Key] = string(b)
			return &s3api.PutObjectOutput{ETag: new(`"etag"`)}, nil
		},
		getObj: func(_ context.Context, in *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
			text, ok := objects[in.Bucket+"/"+in.Key]
			if !ok {
				return nil, &s3api.NoSuchKey{Message: "The specified key does not exist."}
			}
			return &s3api.GetObjectOutput{Body: strings.NewReader(text), ContentLength: new(int64(len(text)))}, nil
		},
		put: func(_ context.Context, in *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error) {
			metrics = len(in.MetricData)
			return nil, nil
		},
		invoke: func(ctx context.Context, in *lambdaapi.InvokeInput) (*lambdaapi.InvokeOutput, error) {
			return &lambdaapi.InvokeOutput{Payload: append([]byte(call.From(ctx).Operation+" "+in.FunctionName+" "), in.Payload...), StatusCode: new(int32(200))}, nil
		},
	}, rootSecret)

	s3c := s3.NewFromConfig(cfg)
	for _, key := range []string{"a", "b/c d+e%20/ü", "empty"} {
		text := strings.TrimPrefix(strings.Repeat(key, 20_000), strings.Repeat("empty", 20_000))
		put, err := s3c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(text)})
		if err != nil || *put.ETag != `"etag"` {
			t.Fatalf("PutObject(%s) = %v, %v", key, put, err)
		}
		get, err := s3c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(get.Body)
		if err != nil || string(got) != text {
			t.Errorf("GetObject(%s): got %d bytes, %v; want %d", key, len(got), err, len(text))
		}
	}

	data := make([]cwtypes.MetricDatum, 500) // enough for the client to compress them
	for i := range data {
		data[i] = cwtypes.MetricDatum{MetricName: aws.String("m"), Value: aws.Float64(1)}
	}
	if _, err := cloudwatch.NewFromConfig(cfg).PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("n"), MetricData: data}); err != nil || metrics != 500 {
		t.Errorf("PutMetricData: %v with %d metrics", err, metrics)
	}

	out, err := lambda.NewFromConfig(cfg).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{}`)})
	if err != nil || string(out.Payload) != "Invoke f {}" {
		t.Errorf("Invoke = %+v, %v", out, err)
	}
}

// TestOfficialClientsErrors wants every refusal to reach official clients as an error with a code.
func TestOfficialClientsErrors(t *testing.T) {
	o := options{
		putObj: func(_ context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
			_, err := io.Copy(io.Discard, in.Body)
			return nil, err
		},
		getObj: func(context.Context, *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
			return nil, &s3api.NoSuchKey{Message: "The specified key does not exist."}
		},
		put: func(context.Context, *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error) {
			return nil, nil
		},
	}
	good, bad := sdk(t, o, rootSecret), sdk(t, o, "wrong")
	ctx := t.Context()
	for _, c := range []struct {
		name, code string
		call       func() error
	}{
		{"S3, not implemented", "NotImplemented", func() error {
			_, err := s3.NewFromConfig(good).ListBuckets(ctx, nil)
			return err
		}},
		{"S3, modelled", "NoSuchKey", func() error {
			_, err := s3.NewFromConfig(good).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		}},
		{"S3, wrong signature", "SignatureDoesNotMatch", func() error {
			_, err := s3.NewFromConfig(bad).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		}},
		{"CBOR, not implemented", "NotImplemented", func() error {
			_, err := cloudwatch.NewFromConfig(good).ListMetrics(ctx, nil)
			return err
		}},
		{"CBOR, wrong signature", "SignatureDoesNotMatch", func() error {
			_, err := cloudwatch.NewFromConfig(bad).PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("n")})
			return err
		}},
		{"JSON 1.0 with Query codes, wrong signature", "SignatureDoesNotMatch", func() error {
			_, err := sqs.NewFromConfig(bad).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String("x")})
			return err
		}},
		{"JSON 1.0, not implemented", "NotImplemented", func() error {
			_, err := dynamodb.NewFromConfig(good).ListTables(ctx, nil)
			return err
		}},
		{"REST-JSON, not implemented", "NotImplemented", func() error {
			_, err := lambda.NewFromConfig(good).ListFunctions(ctx, nil)
			return err
		}},
		{"Query, not implemented", "NotImplemented", func() error {
			_, err := sns.NewFromConfig(good).ListTopics(ctx, nil)
			return err
		}},
		{"Query of IAM, not implemented", "NotImplemented", func() error {
			_, err := iam.NewFromConfig(good).ListUsers(ctx, nil)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.call()
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.code {
				t.Errorf("got %v, want code %s", err, c.code)
			}
			if _, ok := errors.AsType[*smithy.DeserializationError](err); ok {
				t.Errorf("the client could not parse the answer: %v", err)
			}
		})
	}
}
