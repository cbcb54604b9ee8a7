#!/usr/bin/env bash
# The AWS CLI against a running server. Run with ENDPOINT set.
set -euo pipefail
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=1

# Version 1 of the CLI does not look at AWS_ENDPOINT_URL for SQS.
aws() { command aws --endpoint-url "$ENDPOINT" "$@"; }
fail() { echo "FAIL: $*" >&2; exit 1; }
expect() { [ "$1" = "$2" ] || fail "got '$1', want '$2'"; }

expect "$(aws sts get-caller-identity --query Account --output text)" 000000000000

url=$(aws sqs create-queue --queue-name cli --attributes VisibilityTimeout=30 --tags k=v --query QueueUrl --output text)
expect "$(aws sqs get-queue-url --queue-name cli --query QueueUrl --output text)" "$url"
aws sqs send-message --queue-url "$url" --message-body 'hello, world' >/dev/null
aws sqs send-message-batch --queue-url "$url" --entries 'Id=1,MessageBody=one' 'Id=2,MessageBody=two' >/dev/null
expect "$(aws sqs get-queue-attributes --queue-url "$url" --attribute-names ApproximateNumberOfMessages --query 'Attributes.ApproximateNumberOfMessages' --output text)" 3
handle=$(aws sqs receive-message --queue-url "$url" --query 'Messages[0].ReceiptHandle' --output text)
aws sqs change-message-visibility --queue-url "$url" --receipt-handle "$handle" --visibility-timeout 5
aws sqs delete-message --queue-url "$url" --receipt-handle "$handle"
aws sqs tag-queue --queue-url "$url" --tags a=b
expect "$(aws sqs list-queue-tags --queue-url "$url" --query 'Tags.a' --output text)" b
aws sqs purge-queue --queue-url "$url"
aws sqs list-queues --queue-name-prefix cli --query 'QueueUrls[0]' --output text | grep -q "$url" || fail "list-queues"
error=$(aws sqs get-queue-url --queue-name nowhere 2>&1) && fail "a queue that is not there was found"
grep -q 'AWS.SimpleQueueService.NonExistentQueue' <<<"$error" || fail "unexpected error: $error"
error=$(aws s3api list-buckets 2>&1) && fail "s3 answered"
grep -q 'NotImplemented' <<<"$error" || fail "unexpected error: $error"
aws sqs delete-queue --queue-url "$url"
echo ok
