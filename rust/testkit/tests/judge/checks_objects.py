"""Objects: what is put comes back, and conditions hold even in a race."""

import datetime
import hashlib
import http.client
import socket
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from botocore import UNSIGNED
from botocore.exceptions import ClientError

ODD_KEYS = [
    "plain",
    "with space",
    "plus+percent%25é",
    "a/b/c d/+",
    "~tilde!*'()",
    "semi;colon:&=?#",
    "snow☃man/🐘",
    "/leading and trailing/",
    "double//slash",
    "dot/../dot",
]


def check_round_trip(judge):
    body = bytes(range(256)) * 100
    meta = {"litestream-timestamp": "2024-01-01T00:00:00Z", "upper": "Value With Case"}
    put = judge.put("k", body, Metadata=meta, ContentType="application/x-test", CacheControl="no-store", ContentEncoding="gzip")
    etag = '"%s"' % hashlib.md5(body).hexdigest()
    judge.equal(put["ETag"], etag)
    for answer in (judge.get("k"), judge.s3.head_object(Bucket=judge.bucket, Key="k")):
        judge.equal(answer["ETag"], etag)
        judge.equal(answer["Metadata"], meta)
        judge.equal(answer["ContentType"], "application/x-test")
        judge.equal(answer["CacheControl"], "no-store")
        judge.equal(answer["ContentEncoding"], "gzip")
        judge.equal(answer["ContentLength"], len(body))
        age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
        assert abs(age.total_seconds()) < 60, age
    judge.equal(judge.body("k"), body)
    listed = judge.s3.list_objects_v2(Bucket=judge.bucket)["Contents"][0]
    judge.equal((listed["Key"], listed["Size"], listed["ETag"]), ("k", len(body), etag))
    judge.equal(listed["LastModified"], judge.get("k")["LastModified"])


def check_empty_and_large(judge):
    judge.put("empty")
    judge.equal(judge.body("empty"), b"")
    large = hashlib.sha256(b"seed").digest() * (9 << 15)
    judge.put("large", large)
    judge.equal(judge.body("large"), large)


def check_overwrite_and_delete(judge):
    judge.put("k", b"one")
    judge.put("k", b"two")
    judge.equal(judge.body("k"), b"two")
    judge.s3.delete_object(Bucket=judge.bucket, Key="k")
    judge.s3.delete_object(Bucket=judge.bucket, Key="k")
    judge.refused(404, "NoSuchKey", judge.get, key="k")
    judge.refused(404, "404", judge.s3.head_object, Bucket=judge.bucket, Key="k")


def check_odd_keys(judge):
    for key in ODD_KEYS:
        judge.put(key, key.encode(), Metadata={"of": "x"})
    for key in ODD_KEYS:
        judge.equal(judge.body(key), key.encode())
    judge.equal(judge.keys(), sorted(ODD_KEYS, key=str.encode))
    judge.s3.copy_object(Bucket=judge.bucket, Key="copy é+%", CopySource={"Bucket": judge.bucket, "Key": ODD_KEYS[2]})
    judge.equal(judge.body("copy é+%"), ODD_KEYS[2].encode())
    doomed = [{"Key": key} for key in ODD_KEYS]
    deleted = judge.s3.delete_objects(Bucket=judge.bucket, Delete={"Objects": doomed})["Deleted"]
    judge.equal(sorted(entry["Key"] for entry in deleted), sorted(ODD_KEYS))
    judge.equal(judge.keys(), ["copy é+%"])


def check_ranges(judge):
    judge.put("k", b"0123456789")
    for asked, wanted, header in [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-100", b"0123456789", "bytes 0-9/10"),
    ]:
        answer = judge.get("k", Range=asked)
        judge.equal((answer["Body"].read(), answer["ContentRange"]), (wanted, header))
        judge.equal(answer["ResponseMetadata"]["HTTPStatusCode"], 206)
    judge.refused(416, "InvalidRange", judge.get, key="k", Range="bytes=10-")
    judge.put("empty")
    judge.refused(416, "InvalidRange", judge.get, key="empty", Range="bytes=0-0")


def check_conditional_reads(judge):
    etag = judge.put("k", b"x")["ETag"]
    judge.refused(304, "304", judge.get, key="k", IfNoneMatch=etag)
    judge.refused(412, "PreconditionFailed", judge.get, key="k", IfMatch='"0"')
    judge.equal(judge.body("k", IfMatch=etag, IfNoneMatch='"0"'), b"x")
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    judge.equal(judge.body("k", IfModifiedSince=past), b"x")
    judge.refused(412, "PreconditionFailed", judge.get, key="k", IfUnmodifiedSince=past)
    judge.refused(304, "304", judge.get, key="k", IfModifiedSince=judge.get("k")["LastModified"])


def check_conditional_writes(judge):
    etag = judge.put("k", b"one", IfNoneMatch="*")["ETag"]
    judge.refused(412, "PreconditionFailed", judge.put, key="k", body=b"two", IfNoneMatch="*")
    judge.refused(412, "PreconditionFailed", judge.put, key="k", body=b"two", IfMatch='"0"')
    judge.refused(404, "NoSuchKey", judge.put, key="missing", body=b"two", IfMatch=etag)
    judge.refused(501, "NotImplemented", judge.put, key="k", body=b"two", IfNoneMatch='"0"')
    judge.equal(judge.body("k"), b"one")
    second = judge.put("k", b"two", IfMatch=etag)["ETag"]
    judge.refused(412, "PreconditionFailed", judge.s3.delete_object, Bucket=judge.bucket, Key="k", IfMatch=etag)
    judge.s3.delete_object(Bucket=judge.bucket, Key="k", IfMatch=second)
    judge.put("k", b"three", IfNoneMatch="*")
    judge.equal(judge.body("k"), b"three")


def race(contestants, attempt):
    """Runs attempt(i) at the same moment in every thread; the numbers of those that went through."""
    gate = threading.Barrier(contestants)

    def run(number):
        gate.wait()
        try:
            attempt(number)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
                raise
            return None
        return number

    with ThreadPoolExecutor(contestants) as pool:
        return [number for number in pool.map(run, range(contestants)) if number is not None]


def check_race_to_create(judge):
    for turn in range(8):
        winners = race(16, lambda n: judge.put(f"k{turn}", b"%d" % n, IfNoneMatch="*"))
        judge.equal(len(winners), 1)
        judge.equal(judge.body(f"k{turn}"), b"%d" % winners[0])


def check_race_with_open_bodies(judge):
    """All sixteen are past their headers before any body ends: a check at the start would admit them all."""
    parameters = {"Bucket": judge.bucket, "Key": "k", "IfNoneMatch": "*"}
    url = urllib.parse.urlsplit(judge.s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60))
    connections = []
    for number in range(16):
        connection = http.client.HTTPConnection(url.netloc)
        connection.putrequest("PUT", f"{url.path}?{url.query}")
        connection.putheader("If-None-Match", "*")
        connection.putheader("Content-Length", "100002")
        connection.endheaders(b"x" * 100_000)
        connections.append(connection)
    time.sleep(0.2)
    for number, connection in enumerate(connections):
        connection.send(b"%02d" % number)
    statuses = [connection.getresponse().status for connection in connections]
    judge.equal(sorted(statuses), [200] + [412] * 15)
    judge.equal(judge.body("k")[-2:], b"%02d" % statuses.index(200))


def check_race_to_replace(judge):
    etag = judge.put("k", b"start")["ETag"]
    for turn in range(8):
        winners = race(16, lambda n: judge.put("k", b"%d of %d" % (n, turn), IfMatch=etag))
        judge.equal(len(winners), 1)
        judge.equal(judge.body("k"), b"%d of %d" % (winners[0], turn))
        etag = judge.get("k")["ETag"]


def check_counter_by_if_match(judge):
    """Sixteen writers add one each by compare and swap: none of the additions is lost."""
    judge.put("counter", b"0")

    def add(_):
        while True:
            answer = judge.get("counter")
            try:
                return judge.put("counter", b"%d" % (int(answer["Body"].read()) + 1), IfMatch=answer["ETag"])
            except ClientError as error:
                judge.equal(error.response["Error"]["Code"], "PreconditionFailed")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(16)))
    judge.equal(judge.body("counter"), b"16")


def check_copies(judge):
    other = judge.bucket + "-other"
    judge.s3.create_bucket(Bucket=other)
    etag = judge.put("k", b"data", Metadata={"a": "1"}, ContentType="text/a")["ETag"]
    source = {"Bucket": judge.bucket, "Key": "k"}
    copied = judge.s3.copy_object(Bucket=other, Key="copy", CopySource=source)["CopyObjectResult"]
    judge.equal(copied["ETag"], etag)
    answer = judge.s3.get_object(Bucket=other, Key="copy")
    judge.equal((answer["Body"].read(), answer["Metadata"], answer["ContentType"]), (b"data", {"a": "1"}, "text/a"))
    judge.s3.copy_object(Bucket=other, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    judge.equal(judge.s3.head_object(Bucket=other, Key="copy")["Metadata"], {"b": "2"})
    copy = judge.s3.copy_object
    judge.refused(412, "PreconditionFailed", copy, Bucket=other, Key="c", CopySource=source, CopySourceIfMatch='"0"')
    judge.refused(404, "NoSuchKey", copy, Bucket=other, Key="c", CopySource={"Bucket": other, "Key": "missing"})
    judge.refused(404, "NoSuchBucket", copy, Bucket=other, Key="c", CopySource={"Bucket": "nowhere", "Key": "k"})
    judge.refused(400, "InvalidRequest", copy, Bucket=judge.bucket, Key="k", CopySource=source)


def check_buckets(judge):
    name = judge.bucket + "-more"
    s3 = judge.s3
    s3.create_bucket(Bucket=name)
    judge.refused(409, "BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=name)
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=name)
    judge.equal(s3.get_bucket_location(Bucket=name)["LocationConstraint"], None)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    judge.refused(409, "BucketNotEmpty", s3.delete_bucket, Bucket=name)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    judge.refused(404, "404", s3.head_bucket, Bucket=name)
    for call in (s3.get_object, s3.put_object, s3.delete_object):
        judge.refused(404, "NoSuchBucket", call, Bucket=name, Key="k")
    for call in (s3.list_objects, s3.list_objects_v2, s3.list_multipart_uploads):
        judge.refused(404, "NoSuchBucket", call, Bucket=name)


def check_keys_and_secrets(judge):
    judge.put("k", b"x")
    wrong_secret = judge.client(secret_access_key="wrong")
    judge.refused(403, "SignatureDoesNotMatch", wrong_secret.get_object, Bucket=judge.bucket, Key="k")
    judge.refused(403, "SignatureDoesNotMatch", wrong_secret.put_object, Bucket=judge.bucket, Key="k", Body=b"y")
    wrong_id = judge.client(access_key_id="unknown-key-id-16")
    judge.refused(403, "InvalidAccessKeyId", wrong_id.get_object, Bucket=judge.bucket, Key="k")
    anonymous = judge.client(signature_version=UNSIGNED)
    judge.refused(403, "AccessDenied", anonymous.get_object, Bucket=judge.bucket, Key="k")
    judge.refused(403, "AccessDenied", anonymous.put_object, Bucket=judge.bucket, Key="k", Body=b"y")
    judge.equal(judge.body("k"), b"x")


def check_signed_urls(judge):
    judge.put("a key", b"by url")
    url = judge.s3.generate_presigned_url("get_object", Params={"Bucket": judge.bucket, "Key": "a key"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        judge.equal(answer.read(), b"by url")


def check_clock_skew(judge):
    """A request signed an hour ago is refused."""
    an_hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    late = judge.client(retries={"total_max_attempts": 1, "mode": "standard"})
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: an_hour_ago):
        judge.refused(403, "RequestTimeTooSkewed", late.list_objects_v2, Bucket=judge.bucket)


def check_virtual_hosts(judge):
    """BUCKET.localhost addresses a bucket; the resolver finds it on this machine."""
    port = judge.endpoint.rsplit(":", 1)[1]
    real = socket.getaddrinfo

    def local(host, *rest, **more):
        return real("127.0.0.1" if str(host).endswith("localhost") else host, *rest, **more)

    hosted = judge.client(endpoint=f"http://localhost:{port}", s3={"addressing_style": "virtual"})
    with mock.patch("socket.getaddrinfo", local):
        hosted.put_object(Bucket=judge.bucket, Key="by host é", Body=b"x")
        seen = hosted.get_object(Bucket=judge.bucket, Key="by host é")
        judge.equal(seen["Body"].read(), b"x")
        judge.equal([o["Key"] for o in hosted.list_objects_v2(Bucket=judge.bucket)["Contents"]], ["by host é"])
    judge.equal(judge.body("by host é"), b"x")
