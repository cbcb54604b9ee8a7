"""Records requests that botocore signs, for the tests of package sigv4.

Run with botocore installed: python3 record.py > botocore.json. Nothing is sent: the request is caught on its way out,
with the clock stopped at a fixed time, so a second run gives the same file but for generated ids in headers.
"""

import datetime
import io
import json
import sys
from unittest import mock

import botocore
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

NOW = datetime.datetime(2026, 3, 14, 15, 9, 26, tzinfo=datetime.timezone.utc)
KEY = "AKIAQAAAAAAAEXAMPLE0"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ENDPOINT = "http://127.0.0.1:4566"

cases = []


class Nothing(io.BytesIO):
    """The body of an answer: empty."""

    def stream(self, **_):
        return iter(())


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def record(name, service, request=None, url=None, method="GET", token=None, body=b"", headers=None):
    """Adds a case: a prepared request, or a presigned URL."""
    if request is not None:
        url, method, body = request.url, request.method, request.body or b""
        headers = [[k, text(v)] for k, v in request.headers.items() if k.lower() not in ("user-agent", "expect")]
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    assert url.startswith(ENDPOINT), url
    headers = headers or []
    names = {k.lower() for k, _ in headers}
    if "host" not in names:
        headers.insert(0, ["Host", ENDPOINT.removeprefix("http://")])
    if body and "content-length" not in names:
        headers.append(["Content-Length", str(len(body))])
    cases.append(
        {
            "name": name,
            "service": service,
            "method": method,
            "target": url[len(ENDPOINT):] or "/",
            "headers": headers,
            "body": body.decode("latin-1"),
            "token": token or "",
        }
    )


def client(service, token=None, signature=None, **options):
    session = botocore.session.Session()
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, **options)
    if signature:
        config = config.merge(Config(signature_version=signature))
    return session.create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=config,
    )


def call(name, service, operation, token=None, signature=None, **params):
    c = client(service, token, signature)

    def caught(request, **_):
        record(name, service, request=request, token=token)
        return AWSResponse(request.url, 200, {}, Nothing())

    c.meta.events.register("before-send.*.*", caught)
    try:
        getattr(c, operation)(**params)
    except Exception as error:  # the empty answer is not what the client expects
        print(name, type(error).__name__, file=sys.stderr)


def presign(name, service, operation, token=None, signature=None, method="GET", **params):
    url = client(service, token, signature).generate_presigned_url(operation, Params=params, ExpiresIn=600, HttpMethod=method)
    record(name, service, url=url, method=method, token=token)


def main():
    queue = ENDPOINT + "/000000000000/q"
    for token in (None, "FwoGZXIvYXdzEXAMPLE+token/=="):
        suffix = " with token" if token else ""
        call("sqs SendMessage" + suffix, "sqs", "send_message", token, QueueUrl=queue, MessageBody="hello \u2603")
        call("sns Publish" + suffix, "sns", "publish", token, TopicArn="arn:aws:sns:eu-west-1:000000000000:t", Message="a+b &")
        call("s3 PutObject" + suffix, "s3", "put_object", token, Bucket="bucket", Key="a b/\u2603+~(1)!*'.txt", Body=b"data", Metadata={"odd": "two  spaces"})
        call("s3 ListObjectsV2" + suffix, "s3", "list_objects_v2", token, Bucket="bucket", Prefix="a/b c", Delimiter="/")
        presign("s3 presigned GetObject" + suffix, "s3", "get_object", token, "s3v4", Bucket="bucket", Key="a b/\u2603", ResponseContentType="text/plain; charset=utf-8")
        presign("s3 presigned PutObject" + suffix, "s3", "put_object", token, "s3v4", method="PUT", Bucket="bucket", Key="k")
        presign("s3 v2 presigned GetObject" + suffix, "s3", "get_object", token, "s3", Bucket="bucket", Key="a b/\u2603", ResponseContentType="text/plain; charset=utf-8", VersionId="v/1")
        presign("s3 v2 presigned ListObjects" + suffix, "s3", "list_objects", token, "s3", Bucket="bucket", Prefix="p")
        presign("s3 v2 presigned PutObject" + suffix, "s3", "put_object", token, "s3", method="PUT", Bucket="bucket", Key="k")
        presign("sts presigned GetCallerIdentity" + suffix, "sts", "get_caller_identity", token)
        presign("sns presigned Unsubscribe" + suffix, "sns", "unsubscribe", token, SubscriptionArn="arn:aws:sns:eu-west-1:000000000000:t:1")
    call("lambda Invoke", "lambda", "invoke", FunctionName="arn:aws:lambda:eu-west-1:000000000000:function:f", Qualifier="$LATEST", Payload=b"{}")
    call("lambda ListTags", "lambda", "list_tags", Resource="arn:aws:lambda:eu-west-1:000000000000:function:f")
    call("dynamodb PutItem", "dynamodb", "put_item", TableName="t", Item={"k": {"S": "v"}})
    call("apigateway TagResource", "apigateway", "tag_resource", resourceArn="arn:aws:apigateway:eu-west-1::/restapis/abc", tags={"a": "b"})
    call("apigateway UntagResource", "apigateway", "untag_resource", resourceArn="arn:aws:apigateway:eu-west-1::/restapis/abc", tagKeys=["b", "a", "a b"])
    call("s3 v2 PutObject", "s3", "put_object", None, "s3", Bucket="bucket", Key="a b", Body=b"data", Metadata={"m": "v"})
    call("s3 v2 GetBucketAcl", "s3", "get_bucket_acl", None, "s3", Bucket="bucket")
    call("s3 DeleteObjects", "s3", "delete_objects", Bucket="bucket", Delete={"Objects": [{"Key": "k"}]})
    for signature in ("s3v4", "s3"):
        post = client("s3", signature=signature).generate_presigned_post("bucket", "key", ExpiresIn=600)
        cases.append({"name": "s3 POST form " + signature, "service": "s3", "fields": post["fields"]})
    document = {"botocore": botocore.__version__, "accessKey": KEY, "secret": SECRET, "now": NOW.strftime("%Y%m%dT%H%M%SZ"), "cases": cases}
    lines = ",\n".join(json.dumps(case) for case in document.pop("cases"))
    print(json.dumps(document)[:-1] + ', "cases": [\n' + lines + "\n]}")


with mock.patch("botocore.auth.get_current_datetime", lambda *_: NOW.replace(tzinfo=None)), \
        mock.patch("botocore.auth.time.time", lambda: NOW.timestamp()), \
        mock.patch("botocore.auth.formatdate", lambda **_: NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")):
    main()
