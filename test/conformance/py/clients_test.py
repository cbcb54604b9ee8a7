"""boto3 against a running server: every SQS operation, STS, and what is not there. Run with ENDPOINT set."""

import json
import os
import time
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(service):
    return boto3.client(service, endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}))


class SQS(unittest.TestCase):
    def setUp(self):
        self.sqs = client("sqs")
        self.name = "py-" + uuid.uuid4().hex[:8]
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes={"VisibilityTimeout": "30"}, tags={"a": "1"})["QueueUrl"]

    def tearDown(self):
        self.sqs.delete_queue(QueueUrl=self.url)

    def arn(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def test_messages(self):
        sent = self.sqs.send_message(QueueUrl=self.url, MessageBody="h\u00e9llo \U0001f600 <&>\"\r\n",
                                     MessageAttributes={"s": {"DataType": "String", "StringValue": "x"},
                                                        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                                                        "n": {"DataType": "Number.int", "StringValue": "12"}})
        got = self.sqs.receive_message(QueueUrl=self.url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])["Messages"]
        self.assertEqual(got[0]["MessageId"], sent["MessageId"])
        self.assertEqual(got[0]["Body"], "h\u00e9llo \U0001f600 <&>\"\r\n")
        self.assertEqual(got[0]["MessageAttributes"]["b"]["BinaryValue"], b"\x00\xff")
        self.assertEqual(got[0]["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(got[0]["Attributes"]["ApproximateReceiveCount"], "1")
        handle = got[0]["ReceiptHandle"]
        self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0)
        again = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=2)["Messages"][0]
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=again["ReceiptHandle"])
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=self.url))

    def test_batches(self):
        out = self.sqs.send_message_batch(QueueUrl=self.url, Entries=[
            {"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "b", "DelaySeconds": 901}, {"Id": "3", "MessageBody": "c"}])
        self.assertEqual([e["Id"] for e in out["Successful"]], ["1", "3"])
        self.assertEqual([(e["Id"], e["Code"], e["SenderFault"]) for e in out["Failed"]], [("2", "InvalidParameterValue", True)])
        got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual(len(got), 2)
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)]
        out = self.sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=[dict(e, VisibilityTimeout=60) for e in entries])
        self.assertEqual(len(out["Successful"]), 2)
        out = self.sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
        self.assertEqual(len(out["Successful"]), 2)
        for ids, code in ((["1", "1"], "BatchEntryIdsNotDistinct"), (["?"], "InvalidBatchEntryId"), ([], "EmptyBatchRequest"),
                          ([str(i) for i in range(11)], "TooManyEntriesInBatchRequest")):
            with self.assertRaises(ClientError) as e:
                self.sqs.send_message_batch(QueueUrl=self.url, Entries=[{"Id": i, "MessageBody": "x"} for i in ids])
            self.assertEqual(e.exception.response["Error"]["Code"], "AWS.SimpleQueueService." + code)

    def test_queues(self):
        self.assertTrue(self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"].endswith("/000000000000/" + self.name))
        self.assertIn(self.url, self.sqs.list_queues(QueueNamePrefix=self.name)["QueueUrls"])
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"DelaySeconds": "1"})
        self.assertEqual(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]["DelaySeconds"], "1")
        self.sqs.tag_queue(QueueUrl=self.url, Tags={"b": "2"})
        self.sqs.untag_queue(QueueUrl=self.url, TagKeys=["a"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=self.url)["Tags"], {"b": "2"})
        self.sqs.add_permission(QueueUrl=self.url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
        self.sqs.remove_permission(QueueUrl=self.url, Label="l")
        self.sqs.purge_queue(QueueUrl=self.url)
        with self.assertRaises(self.sqs.exceptions.PurgeQueueInProgress):
            self.sqs.purge_queue(QueueUrl=self.url)
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="nowhere")

    def test_dead_letters(self):
        dlq = self.sqs.create_queue(QueueName=self.name + "-dlq")["QueueUrl"]
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": self.arn(dlq), "maxReceiveCount": 1}), "VisibilityTimeout": "0"})
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dlq)["queueUrls"], [self.url])
        self.sqs.send_message(QueueUrl=self.url, MessageBody="poison")
        self.assertIn("Messages", self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=2))
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1))
        task = self.sqs.start_message_move_task(SourceArn=self.arn(dlq))["TaskHandle"]
        self.assertIn("Messages", self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=10))
        tasks = self.sqs.list_message_move_tasks(SourceArn=self.arn(dlq))["Results"]
        self.assertEqual(tasks[0]["ApproximateNumberOfMessagesMoved"], 1)
        with self.assertRaises(ClientError):
            self.sqs.cancel_message_move_task(TaskHandle=task)  # it has ended
        self.sqs.delete_queue(QueueUrl=dlq)

    def test_fifo(self):
        url = self.sqs.create_queue(QueueName=self.name + ".fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
        first = self.sqs.send_message(QueueUrl=url, MessageBody="1", MessageGroupId="g")
        again = self.sqs.send_message(QueueUrl=url, MessageBody="1", MessageGroupId="g")
        second = self.sqs.send_message(QueueUrl=url, MessageBody="2", MessageGroupId="g")
        self.assertEqual(first["SequenceNumber"], again["SequenceNumber"])
        self.assertLess(first["SequenceNumber"], second["SequenceNumber"])
        got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual([m["Body"] for m in got], ["1", "2"])
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))
        self.sqs.delete_queue(QueueUrl=url)

    def test_long_poll_wakes(self):
        self.sqs.send_message(QueueUrl=self.url, MessageBody="later", DelaySeconds=1)
        start = time.monotonic()
        self.assertIn("Messages", self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=20))
        self.assertLess(time.monotonic() - start, 15)


class Others(unittest.TestCase):
    def test_identity(self):
        got = client("sts").get_caller_identity()
        self.assertEqual((got["Account"], got["Arn"]), ("000000000000", "arn:aws:iam::000000000000:root"))

    def test_what_is_not_there_answers_readably(self):
        """One call to each service that has no code yet: a proper error, never a parse error."""
        calls = {
            "sns": ("list_topics", {}), "iam": ("list_users", {}), "cloudformation": ("list_stacks", {}),
            "dynamodb": ("list_tables", {}), "dynamodbstreams": ("list_streams", {}), "events": ("list_rules", {}),
            "scheduler": ("list_schedules", {}), "pipes": ("list_pipes", {}), "schemas": ("list_registries", {}),
            "lambda": ("list_functions", {}), "stepfunctions": ("list_state_machines", {}), "s3": ("list_buckets", {}),
            "apigateway": ("get_rest_apis", {}), "apigatewayv2": ("get_apis", {}), "iot": ("list_things", {}),
            "iot-data": ("get_thing_shadow", {"thingName": "t"}), "logs": ("describe_log_groups", {}),
            "cloudwatch": ("list_metrics", {}), "ssm": ("describe_parameters", {}), "secretsmanager": ("list_secrets", {}),
            "kms": ("list_keys", {}), "kinesis": ("list_streams", {}), "firehose": ("list_delivery_streams", {}),
            "cognito-idp": ("list_user_pools", {"MaxResults": 1}), "ecr": ("describe_repositories", {}),
            "xray": ("get_groups", {}), "resourcegroupstaggingapi": ("get_resources", {}), "sts": ("get_session_token", {}),
            "apigatewaymanagementapi": ("get_connection", {"ConnectionId": "c"}),
        }
        for service, (method, params) in calls.items():
            with self.subTest(service):
                with self.assertRaises(ClientError) as e:
                    getattr(client(service), method)(**params)
                error = e.exception.response
                self.assertEqual(error["Error"]["Code"], "NotImplemented")
                self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 501)
                self.assertIn("".join(w.title() for w in method.split("_")).lower(), error["Error"]["Message"].lower())
                self.assertTrue(error["ResponseMetadata"]["RequestId"])


if __name__ == "__main__":
    unittest.main()
