"""Judges the test kit's S3 server with boto3, an independent client.

usage: judge.py CHECKS ENDPOINT ACCESS_KEY_ID SECRET_ACCESS_KEY

Runs every function named check_* of the file checks_CHECKS.py beside this one, each in a bucket of
its own, prints one line per check and ends with status 1 if any failed.
"""

import importlib
import json
import sys
import time
import traceback
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


class Judge:
    """The equipment of a check: clients, a fresh bucket, and assertions that report the value seen."""

    def __init__(self, endpoint, access_key_id, secret_access_key):
        self.endpoint = endpoint
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.bucket = None
        self.s3 = self.client()

    def client(self, access_key_id=None, secret_access_key=None, endpoint=None, **config):
        settings = {
            "signature_version": "s3v4",
            "retries": {"max_attempts": 1, "mode": "standard"},
            "max_pool_connections": 32,
            "s3": {"addressing_style": "path"},
        }
        settings.update(config)
        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key_id or self.access_key_id,
            aws_secret_access_key=secret_access_key or self.secret_access_key,
            config=Config(**settings),
        )

    def put(self, key, body=b"", **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def get(self, key, **more):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **more)

    def body(self, key, **more):
        return self.get(key, **more)["Body"].read()

    def keys(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def control(self, method, path, value=None):
        """Asks the control endpoint; the answer's JSON, if it has any."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.endpoint}/_testkit/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    @staticmethod
    def equal(seen, wanted):
        if seen != wanted:
            raise AssertionError(f"saw {seen!r}, wanted {wanted!r}")

    @staticmethod
    def refused(status, code, call, **arguments):
        """The call must fail with this status and code; a HEAD answer has no code but the status."""
        try:
            call(**arguments)
        except ClientError as error:
            seen = (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
            if seen != (status, code):
                raise AssertionError(f"saw {seen}, wanted {(status, code)}") from error
            return error.response
        raise AssertionError(f"went through, wanted {(status, code)}")


def main():
    name, endpoint, access_key_id, secret_access_key = sys.argv[1:]
    checks = importlib.import_module(f"checks_{name}")
    judge = Judge(endpoint, access_key_id, secret_access_key)
    failed = 0
    found = sorted(item for item in vars(checks).items() if item[0].startswith("check_"))
    for number, (title, check) in enumerate(found):
        judge.bucket = f"judge-{name}-{number}".replace("_", "-")
        if not getattr(checks, "KEEPS_BUCKETS", False):
            judge.s3.create_bucket(Bucket=judge.bucket)
        started = time.monotonic()
        try:
            check(judge)
            print(f"ok      {title} {time.monotonic() - started:.2f} s")
        except Exception:
            failed += 1
            print(f"FAILED  {title}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(found) - failed} of {len(found)} checks of {name} passed")
    sys.exit(1 if failed or not found else 0)


main()
