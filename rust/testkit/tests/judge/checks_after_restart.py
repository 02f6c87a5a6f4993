"""Everything that checks_before_restart wrote is there, and nothing else."""

import base64
import hashlib

KEEPS_BUCKETS = True
BUCKET = "kept"


def check_read(judge):
    judge.bucket = BUCKET
    judge.equal([bucket["Name"] for bucket in judge.s3.list_buckets()["Buckets"]], ["empty-bucket", BUCKET])
    judge.equal(judge.keys(), ["a/é +%", "large"])
    answer = judge.get("a/é +%", ChecksumMode="ENABLED")
    judge.equal((answer["Body"].read(), answer["Metadata"], answer["ContentType"]), (b"second", {"m": "1"}, "text/x"))
    judge.equal(answer["ChecksumSHA256"], base64.b64encode(hashlib.sha256(b"second").digest()).decode())
    judge.equal(answer["ETag"], '"%s"' % hashlib.md5(b"second").hexdigest())
    judge.equal(judge.body("large"), bytes(1 << 20))
    judge.refused(412, "PreconditionFailed", judge.put, key="large", body=b"", IfNoneMatch="*")
    judge.put("large", b"small now", IfMatch=judge.get("large")["ETag"])
    judge.equal(judge.body("large"), b"small now")
