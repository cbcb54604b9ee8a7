// The JavaScript SDK against a running server. Run with ENDPOINT set: node --test clients.test.mjs
import assert from 'node:assert/strict'
import test from 'node:test'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns'
import * as sqs from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const config = {
  endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
}
const client = new sqs.SQSClient(config)
const call = (name, input) => client.send(new sqs[name + 'Command'](input))

test('SQS: a message from end to end', async () => {
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'js-' + process.pid, tags: { a: '1' } })
  const sent = await call('SendMessage', {
    QueueUrl, MessageBody: 'grüße 😀',
    MessageAttributes: { b: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) }, s: { DataType: 'String', StringValue: 'x' } },
  })
  const { Messages: [m] } = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 2 })
  assert.equal(m.Body, 'grüße 😀')
  assert.equal(m.MessageId, sent.MessageId)
  assert.deepEqual([...m.MessageAttributes.b.BinaryValue], [0, 255])
  await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 1 })
  await call('DeleteMessage', { QueueUrl, ReceiptHandle: m.ReceiptHandle })
  const batch = await call('SendMessageBatch', { QueueUrl, Entries: [{ Id: 'a', MessageBody: '1' }, { Id: 'b', MessageBody: '2', DelaySeconds: 1000 }] })
  assert.deepEqual([batch.Successful.map(e => e.Id), batch.Failed.map(e => e.Code)], [['a'], ['InvalidParameterValue']])
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
  assert.equal(Attributes.ApproximateNumberOfMessages, '1')
  assert.deepEqual((await call('ListQueueTags', { QueueUrl })).Tags, { a: '1' })
  await call('DeleteQueue', { QueueUrl })
})

test('SQS: errors are the modelled ones', async () => {
  await assert.rejects(call('GetQueueUrl', { QueueName: 'nowhere' }), sqs.QueueDoesNotExist)
  await assert.rejects(call('ReceiveMessage', { QueueUrl: config.endpoint + '/000000000000/nowhere' }), sqs.QueueDoesNotExist)
  await assert.rejects(call('CreateQueue', { QueueName: 'a b' }), e => e.name === 'InvalidParameterValue' || e.name === 'InvalidParameterValueException')
})

test('STS: GetCallerIdentity', async () => {
  const got = await new STSClient(config).send(new GetCallerIdentityCommand({}))
  assert.equal(got.Account, '000000000000')
})

const missing = {
  'CloudWatch PutMetricData': [CloudWatchClient, new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1 }] })],
  'DynamoDB ListTables': [DynamoDBClient, new ListTablesCommand({})],
  'Kinesis ListStreams': [KinesisClient, new ListStreamsCommand({})], // HTTP/2 without TLS
  'Lambda ListFunctions': [LambdaClient, new ListFunctionsCommand({})],
  'S3 ListBuckets': [S3Client, new ListBucketsCommand({})],
  'SNS ListTopics': [SNSClient, new ListTopicsCommand({})],
}
for (const [name, [Client, command]] of Object.entries(missing)) {
  test(`${name} is not there and says so`, async () => {
    const client = new Client(config)
    try {
      await assert.rejects(client.send(command), e => {
        assert.equal(e.name, 'NotImplemented')
        assert.equal(e.$metadata.httpStatusCode, 501)
        assert.match(e.message, new RegExp(name.split(' ')[1]))
        return true
      })
    } finally {
      client.destroy()
    }
  })
}
