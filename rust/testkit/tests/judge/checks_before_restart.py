"""Fills a folder; checks_after_restart looks for it in a new server on the same folder."""

KEEPS_BUCKETS = True
BUCKET = "kept"


def check_write(judge):
    judge.bucket = BUCKET
    judge.s3.create_bucket(Bucket=BUCKET)
    judge.s3.create_bucket(Bucket="empty-bucket")
    judge.put("a/é +%", b"first")
    judge.put("a/é +%", b"second", Metadata={"m": "1"}, ContentType="text/x", ChecksumAlgorithm="SHA256")
    judge.put("gone", b"x")
    judge.s3.delete_object(Bucket=BUCKET, Key="gone")
    judge.put("large", bytes(1 << 20))
