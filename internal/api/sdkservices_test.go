package api_test

import (
	"context"
	"net/http"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	cloudwatchapi "github.com/cumulet/cumulet/internal/api/cloudwatch"
	lambdaapi "github.com/cumulet/cumulet/internal/api/lambda"
	s3api "github.com/cumulet/cumulet/internal/api/s3"
	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/awsjson"
	"github.com/cumulet/cumulet/internal/wire/awsquery"
	"github.com/cumulet/cumulet/internal/wire/cbor"
	"github.com/cumulet/cumulet/internal/wire/eventstream"
	"github.com/cumulet/cumulet/internal/wire/restjson"
	"github.com/cumulet/cumulet/internal/wire/restxml"
)

// service is an SDK's client and what to know about it.
type service struct {
	id       string
	protocol wire.Protocol
	client   func(rt roundTrip) any
	extra    string            // what to add to the model
	handler  reflect.Type      // of the generated package; nil when there is none
	unions   []any             // the members of the SDK's unions
	skip     map[string]string // operations that are left out, and why
	newer    []string          // operations of the SDK that are younger than our models
	unset    map[string]string // members that snapshots do not set, and why
	// undecodable are snapshots that are no valid requests, and why.
	undecodable map[string]string
	untyped     map[string]bool // exceptions for which the SDK has no type
	// adjust and adjustOutput change what Fill makes, where the client is particular about it.
	adjust, adjustOutput func(op string, values map[string]any)
}

// roundTrip stands in for the network.
type roundTrip func(*http.Request) (*http.Response, error)

// Do implements the SDK's HTTPClient.
func (f roundTrip) Do(req *http.Request) (*http.Response, error) { return f(req) }

func config(rt roundTrip) aws.Config {
	return aws.Config{
		Region: "us-east-1", HTTPClient: rt, BaseEndpoint: aws.String("http://127.0.0.1:4566"), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(credentials),
	}
}

func services() []service {
	return []service{
		{
			id: "sqs", protocol: awsjson.Protocol{}, handler: reflect.TypeFor[sqsapi.Handler](),
			client: func(rt roundTrip) any {
				return sqs.NewFromConfig(config(rt), func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
			},
		},
		{id: "sts", protocol: awsquery.Protocol{}, client: func(rt roundTrip) any { return sts.NewFromConfig(config(rt)) }},
		{id: "sns", protocol: awsquery.Protocol{}, client: func(rt roundTrip) any { return sns.NewFromConfig(config(rt)) }},
		{
			id: "iam", protocol: awsquery.Protocol{}, client: func(rt roundTrip) any { return iam.NewFromConfig(config(rt)) },
			newer: []string{"AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties"},
		},
		{
			id: "cloudwatch", protocol: cbor.Protocol{}, handler: reflect.TypeFor[cloudwatchapi.Handler](),
			client: func(rt roundTrip) any { return cloudwatch.NewFromConfig(config(rt)) },
			newer: []string{
				"AssociateDatasetKmsKey", "CreateResourceMetricsConfiguration", "DeleteResourceMetricsConfiguration", "DisassociateDatasetKmsKey",
				"GetDataset", "GetResourceMetricsConfiguration", "PutLogAlarm", "UpdateOTelEnrichment", "UpdateResourceMetricsConfiguration",
			},
			unions: []any{&cloudwatchtypes.EvaluationCriteriaMemberPromQLCriteria{}},
		},
		{
			id: "dynamodb", protocol: awsjson.Protocol{}, extra: `{"shapes": {"AttributeValue": {"union": true}}}`,
			client: func(rt roundTrip) any { return dynamodb.NewFromConfig(config(rt)) },
			newer:  []string{"CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations", "SearchVectors", "StartBulkPutItems"},
			unions: []any{
				&dynamodbtypes.AttributeValueMemberB{}, &dynamodbtypes.AttributeValueMemberBOOL{}, &dynamodbtypes.AttributeValueMemberBS{},
				&dynamodbtypes.AttributeValueMemberL{}, &dynamodbtypes.AttributeValueMemberM{}, &dynamodbtypes.AttributeValueMemberN{},
				&dynamodbtypes.AttributeValueMemberNS{}, &dynamodbtypes.AttributeValueMemberNULL{}, &dynamodbtypes.AttributeValueMemberS{},
				&dynamodbtypes.AttributeValueMemberSS{},
			},
		},
		{
			id: "lambda", protocol: restjson.Protocol{}, handler: reflect.TypeFor[lambdaapi.Handler](),
			client: func(rt roundTrip) any { return lambda.NewFromConfig(config(rt)) },
			newer:  []string{"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"},
			adjustOutput: func(op string, values map[string]any) {
				if op == "InvokeWithResponseStream" { // the member is bound to the header that says so
					values["ResponseStreamContentType"] = eventstream.ContentType
				}
			},
		},
		{
			id: "s3", protocol: restxml.Protocol{}, handler: reflect.TypeFor[s3api.Handler](), client: newS3, adjust: adjustS3, adjustOutput: adjustS3,
			extra: `{"shapes": {"AnalyticsFilter": {"union": true}, "MetricsFilter": {"union": true}}}`,
			newer: []string{
				"DeleteObjectAnnotation", "GetObjectAnnotation", "ListObjectAnnotations", "PutObjectAnnotation",
				"UpdateBucketMetadataAnnotationTableConfiguration",
			},
			unset: map[string]string{
				"PutObject.ContentLength": noLength, "UploadPart.ContentLength": noLength, "WriteGetObjectResponse.ContentLength": noLength,
			},
			undecodable: map[string]string{"GetObjectAttributes": textMarker, "ListParts": textMarker},
			skip: map[string]string{
				"GetBucketLifecycle": deprecated, "GetBucketNotification": deprecated, "PutBucketLifecycle": deprecated, "PutBucketNotification": deprecated,
				"ListDirectoryBuckets": "the SDK signs it with a session that it cannot get without a bucket",
			},
			unions: []any{
				&s3types.AnalyticsFilterMemberAnd{}, &s3types.AnalyticsFilterMemberPrefix{}, &s3types.AnalyticsFilterMemberTag{},
				&s3types.MetricsFilterMemberAccessPointArn{}, &s3types.MetricsFilterMemberAnd{}, &s3types.MetricsFilterMemberPrefix{},
				&s3types.MetricsFilterMemberTag{}, &s3types.ObjectEncryptionMemberSSEKMS{},
			},
		},
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}

func newS3(rt roundTrip) any {
	return s3.NewFromConfig(config(rt), func(o *s3.Options) {
		o.UsePathStyle, o.ResponseChecksumValidation = true, aws.ResponseChecksumValidationWhenRequired
	})
}

const (
	noLength   = "snapshots leave out Content-Length"
	textMarker = "it has a text where S3 and the model have the number of a part"
)

const deprecated = "the SDK has no deprecated operations"

// adjustS3 gives members whose text clients look at one that they accept.
func adjustS3(op string, values map[string]any) {
	if op == "GetObject" {
		delete(values, "ChecksumMode") // or the client compares made-up checksums with the body
	}
	for name, value := range map[string]any{
		"Bucket":  "bucket",
		"Expires": "Tue, 14 Nov 2023 22:13:20 GMT",
	} {
		if _, ok := values[name]; ok {
			values[name] = value
		}
	}
}
