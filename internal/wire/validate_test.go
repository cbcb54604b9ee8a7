package wire_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cumulet/cumulet/internal/api/catalog"
	"github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
	"github.com/cumulet/cumulet/internal/wire/jsonbody"
	"github.com/cumulet/cumulet/internal/wire/wiretest"
)

func loadModel(t testing.TB, file string) *wiretest.Model {
	t.Helper()
	data, err := os.ReadFile("../api/models/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var overlays [][]byte
	if overlay, err := os.ReadFile("../api/models/overlay/" + file + ".json"); err == nil {
		overlays = append(overlays, overlay)
	}
	m, err := wiretest.ParseModel(data, overlays...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func callOf(t testing.TB, service, operation string) *wire.Call {
	t.Helper()
	for _, m := range catalog.Models {
		for i := range m.Operations {
			if m.ID == service && m.Operations[i].Name == operation {
				return &wire.Call{Model: m, Operation: &m.Operations[i], RequestID: "request"}
			}
		}
	}
	t.Fatalf("no operation %s of %s", operation, service)
	return nil
}

// TestValidateMany makes sure that a request cannot ask for an answer, or for work, that is much larger than itself.
func TestValidateMany(t *testing.T) {
	in := &sqs.SendMessageBatchInput{}
	missing, err := jsonbody.Wire.Decode(`{"QueueUrl":"q","Entries":[`+strings.Repeat("{},", 100_000)+"{}]}", in)
	if err != nil || len(missing) != 100 {
		t.Fatalf("Decode = %d missing, %v; want 100", len(missing), err)
	}
	err = wire.Validate(&wire.Call{}, in, missing)
	if err == nil || !strings.HasPrefix(err.Error(), "ValidationException: 100 validation errors detected: ") || len(err.Error()) > 20_000 {
		t.Errorf("Validate = %.200v", err)
	}
}

// TestValidate compares with texts that AWS answered; those without a comment are recorded.
func TestValidate(t *testing.T) {
	const valid = ""
	tests := []struct{ file, service, operation, input, code, want string }{
		{
			"events", "eventbridge", "CreateApiDestination", `{"Name":"n","ConnectionArn":"invalid-connection-arn","InvocationEndpoint":"https://x.example","HttpMethod":"INVALID_METHOD"}`, "ValidationException",
			`2 validation errors detected: Value 'invalid-connection-arn' at 'connectionArn' failed to satisfy constraint: Member must satisfy regular expression pattern: ^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$; Value 'INVALID_METHOD' at 'httpMethod' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET, HEAD, OPTIONS, PUT, PATCH, DELETE]`,
		},
		{
			"events", "eventbridge", "CreateConnection", `{"Name":"This should fail with two errors 123467890123412341234123412341234","AuthorizationType":"INVALID","AuthParameters":{}}`, "ValidationException",
			`3 validation errors detected: Value 'This should fail with two errors 123467890123412341234123412341234' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; Value 'This should fail with two errors 123467890123412341234123412341234' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64; Value 'INVALID' at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]`,
		},
		{
			"kms", "kms", "CreateKey", `{"Tags":[{"TagKey":"k","TagValue":"` + strings.Repeat("v", 257) + `"}]}`, "ValidationException",
			`1 validation error detected: Value '` + strings.Repeat("v", 257) + `' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`,
		},
		{
			"kms", "kms", "GenerateRandom", `{"NumberOfBytes":0}`, "ValidationException",
			`1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1`,
		},
		{
			"kms", "kms", "GenerateRandom", `{"NumberOfBytes":1025}`, "ValidationException",
			`1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024`,
		},
		{
			"lambda", "lambda", "CreateFunctionUrlConfig", `{"FunctionName":"f","AuthType":"NONE","InvokeMode":"UNKNOWN"}`, "ValidationException",
			`1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [BUFFERED, RESPONSE_STREAM]`,
		},
		{
			"logs", "cloudwatchlogs", "GetLogEvents", `{"logGroupName":"g","logStreamName":"s","limit":10001}`, "InvalidParameterException",
			`1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000`,
		},
		{
			"logs", "cloudwatchlogs", "PutDeliveryDestination", `{"name":"n","outputFormat":"foobar","deliveryDestinationConfiguration":{"destinationResourceArn":"arn:aws:s3:::b"}}`, "ValidationException",
			`1 validation error detected: Value 'foobar' at 'outputFormat' failed to satisfy constraint: Member must satisfy enum value set: [json, plain, w3c, raw, parquet]`,
		},
		{
			"sts", "sts", "AssumeRole", `{"RoleArn":"arn:aws:iam::123456789012:role/r","RoleSessionName":"Session1:2"}`, "ValidationError",
			`1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
		},
		// Recorded with unit before dimensions: AWS's own model has another order there.
		{
			"logs", "cloudwatchlogs", "PutMetricFilter", `{"logGroupName":"g","filterName":"f","filterPattern":"","metricTransformations":[{"metricName":"metric1","metricNamespace":"namespace1","metricValue":"1"},{"metricName":"metric2","metricNamespace":"namespace2","metricValue":"1"}]}`, "InvalidParameterException",
			`1 validation error detected: Value '[MetricTransformation(metricName=metric1, metricNamespace=namespace1, metricValue=1, defaultValue=null, dimensions=null, unit=null), MetricTransformation(metricName=metric2, metricNamespace=namespace2, metricValue=1, defaultValue=null, dimensions=null, unit=null)]' at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1`,
		},
		{"sqs", "sqs", "SendMessage", `{"QueueUrl":"u"}`, "MissingRequiredParameterException", `The request must contain the parameter MessageBody.`},
		{"sqs", "sqs", "SendMessageBatch", `{"QueueUrl":"u","Entries":[{"Id":"1"}]}`, "MissingRequiredParameterException", // not recorded
			`The request must contain the parameter SendMessageBatchRequestEntry.1.MessageBody.`},
		{
			"apigateway", "apigateway", "CreateRestApi", `{"name":"n","endpointConfiguration":{"types":["wrong"],"ipAddressType":"wrong"}}`, "ValidationException",
			`2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [REGIONAL, EDGE, PRIVATE]]; Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]`,
		},
		{
			"apigateway", "apigateway", "PutMethodResponse", `{"restApiId":"a","resourceId":"b","httpMethod":"GET","statusCode":"wrong"}`, "ValidationException",
			`1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`,
		},
		// Known from forums, not recorded.
		{
			"dynamodb", "dynamodb", "BatchGetItem", `{"RequestItems":{"t":{}}}`, "ValidationException",
			`1 validation error detected: Value null at 'requestItems.t.member.keys' failed to satisfy constraint: Member must not be null`,
		},
		{
			"cognito-idp", "cognitoidentityprovider", "SignUp", `{"ClientId":"c","Username":"u","Password":" "}`, "InvalidParameterException",
			`1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+`,
		},
		{"kms", "kms", "GenerateRandom", `{"NumberOfBytes":1024}`, "", valid},
		{"sts", "sts", "AssumeRole", `{"RoleArn":"arn:aws:iam::123456789012:role/r","RoleSessionName":"ok","Tags":[{"Key":"k","Value":""}]}`, "", valid},
	}
	for _, test := range tests {
		m := loadModel(t, test.file)
		in := m.Input(test.operation)
		missing, err := jsonbody.SDK.Decode(test.input, in)
		if err != nil {
			t.Errorf("%s: Decode(%s): %v", test.operation, test.input, err)
			continue
		}
		err = wire.Validate(callOf(t, test.service, test.operation), in, missing)
		code, message := "", ""
		if e, ok := errors.AsType[wire.APIError](err); ok {
			code, message = e.ErrorInfo().Code, e.ErrorInfo().Message
		}
		if code != test.code || message != test.want {
			t.Errorf("Validate(%s %s) =\n%s: %s\nwant\n%s: %s", test.operation, test.input, code, message, test.code, test.want)
		}
	}
}
