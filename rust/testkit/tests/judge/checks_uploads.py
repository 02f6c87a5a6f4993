"""Multipart uploads and checksums."""

import base64
import binascii
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

SMALLEST = 5 << 20
PART = bytes(range(256)) * (SMALLEST // 256)


def begin(judge, key="k", **more):
    return judge.s3.create_multipart_upload(Bucket=judge.bucket, Key=key, **more)["UploadId"]


def send(judge, upload, number, body, key="k", **more):
    sent = judge.s3.upload_part(
        Bucket=judge.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, **more
    )
    part = {"PartNumber": number, "ETag": sent["ETag"]}
    part.update({name: value for name, value in sent.items() if name.startswith("Checksum") and name != "ChecksumType"})
    return part


def complete(judge, upload, parts, key="k", **more):
    return judge.s3.complete_multipart_upload(
        Bucket=judge.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **more
    )


def check_parts_become_an_object(judge):
    upload = begin(judge, Metadata={"a": "b"}, ContentType="text/x")
    parts = [send(judge, upload, 3, b"tail"), send(judge, upload, 1, PART), send(judge, upload, 2, PART[::-1])]
    parts.sort(key=lambda part: part["PartNumber"])
    listed = judge.s3.list_parts(Bucket=judge.bucket, Key="k", UploadId=upload)["Parts"]
    judge.equal([(p["PartNumber"], p["Size"]) for p in listed], [(1, SMALLEST), (2, SMALLEST), (3, 4)])
    page = judge.s3.list_parts(Bucket=judge.bucket, Key="k", UploadId=upload, MaxParts=1, PartNumberMarker=1)
    judge.equal(([p["PartNumber"] for p in page["Parts"]], page["IsTruncated"]), ([2], True))
    judge.equal(judge.keys(), [])
    etag = complete(judge, upload, parts)["ETag"]
    digests = b"".join(hashlib.md5(part).digest() for part in (PART, PART[::-1], b"tail"))
    judge.equal(etag, '"%s-3"' % hashlib.md5(digests).hexdigest())
    answer = judge.get("k")
    judge.equal((answer["Metadata"], answer["ContentType"]), ({"a": "b"}, "text/x"))
    judge.equal(answer["Body"].read(), PART + PART[::-1] + b"tail")
    judge.refused(404, "NoSuchUpload", complete, judge=judge, upload=upload, parts=parts)


def check_wrong_completions(judge):
    upload = begin(judge)
    first, second = send(judge, upload, 1, b"small"), send(judge, upload, 2, b"tail")
    judge.refused(400, "EntityTooSmall", complete, judge=judge, upload=upload, parts=[first, second])
    judge.refused(400, "InvalidPartOrder", complete, judge=judge, upload=upload, parts=[second, first])
    judge.refused(400, "InvalidPart", complete, judge=judge, upload=upload, parts=[{"PartNumber": 9, "ETag": first["ETag"]}])
    judge.refused(400, "InvalidPart", complete, judge=judge, upload=upload, parts=[{"PartNumber": 1, "ETag": '"0"'}])
    complete(judge, upload, [first])
    judge.equal(judge.body("k"), b"small")


def check_lists_and_aborts(judge):
    upload = begin(judge, "a/b")
    begin(judge, "c")
    listed = judge.s3.list_multipart_uploads(Bucket=judge.bucket)["Uploads"]
    judge.equal([entry["Key"] for entry in listed], ["a/b", "c"])
    listed = judge.s3.list_multipart_uploads(Bucket=judge.bucket, Prefix="a/")["Uploads"]
    judge.equal([entry["UploadId"] for entry in listed], [upload])
    abort = judge.s3.abort_multipart_upload
    abort(Bucket=judge.bucket, Key="a/b", UploadId=upload)
    judge.refused(404, "NoSuchUpload", abort, Bucket=judge.bucket, Key="a/b", UploadId=upload)
    judge.refused(404, "NoSuchUpload", send, judge=judge, upload=upload, number=1, body=b"", key="a/b")


def check_conditional_completions(judge):
    uploads = [begin(judge) for _ in range(16)]
    parts = [send(judge, upload, 1, b"%d" % number) for number, upload in enumerate(uploads)]

    def attempt(number):
        try:
            complete(judge, uploads[number], [parts[number]], IfNoneMatch="*")
            return number
        except ClientError as error:
            judge.equal(error.response["Error"]["Code"], "PreconditionFailed")

    with ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(attempt, range(16)) if number is not None]
    judge.equal(len(winners), 1)
    judge.equal(judge.body("k"), b"%d" % winners[0])
    loser = (winners[0] + 1) % 16
    arguments = {"judge": judge, "upload": uploads[loser], "parts": [parts[loser]]}
    judge.refused(412, "PreconditionFailed", complete, IfMatch='"0"', **arguments)
    complete(IfMatch=judge.get("k")["ETag"], **arguments)
    judge.equal(judge.body("k"), b"%d" % loser)


def check_parts_by_copy(judge):
    judge.put("source +é", PART + b"0123456789")
    source = {"Bucket": judge.bucket, "Key": "source +é"}
    upload = begin(judge)
    parts = []
    for number, span in ((1, f"bytes=0-{SMALLEST - 1}"), (2, f"bytes={SMALLEST + 2}-{SMALLEST + 4}")):
        copied = judge.s3.upload_part_copy(
            Bucket=judge.bucket, Key="k", UploadId=upload, PartNumber=number, CopySource=source, CopySourceRange=span
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    complete(judge, upload, parts)
    judge.equal(judge.body("k"), PART + b"234")


def check_transfer_manager(judge):
    """boto3's own multipart upload, with the checksums it sends by default."""
    from boto3.s3.transfer import TransferConfig

    body = PART * 3 + b"tail"
    config = TransferConfig(multipart_threshold=SMALLEST, multipart_chunksize=SMALLEST, max_concurrency=4)
    judge.s3.upload_fileobj(io.BytesIO(body), judge.bucket, "k", Config=config)
    assert judge.get("k")["ETag"].endswith('-4"')
    out = io.BytesIO()
    judge.s3.download_fileobj(judge.bucket, "k", out, Config=config)
    judge.equal(out.getvalue(), body)


def base64_of(digest):
    return base64.b64encode(digest).decode()


def check_content_md5(judge):
    right = base64_of(hashlib.md5(b"x").digest())
    judge.put("k", b"x", ContentMD5=right)
    judge.refused(400, "BadDigest", judge.put, key="k", body=b"y", ContentMD5=right)
    judge.equal(judge.body("k"), b"x")


def crc(width, reflected_polynomial, data):
    """A CRC as S3 has them: reflected, all ones at start and end."""
    mask = (1 << width) - 1
    value = mask
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (reflected_polynomial if value & 1 else 0)
    return (value ^ mask).to_bytes(width // 8, "big")


def digests(data):
    return {
        "ChecksumCRC32": base64_of(binascii.crc32(data).to_bytes(4, "big")),
        "ChecksumCRC32C": base64_of(crc(32, 0x82F63B78, data)),
        "ChecksumCRC64NVME": base64_of(crc(64, 0x9A6C9329AC4BC9B5, data)),
        "ChecksumSHA1": base64_of(hashlib.sha1(data).digest()),
        "ChecksumSHA256": base64_of(hashlib.sha256(data).digest()),
    }


def check_checksums_are_checked_and_kept(judge):
    body = b"checked " * 1000
    other = digests(body + b"!")
    for name, value in digests(body).items():
        put = judge.put(name, body, **{name: value})
        judge.equal(put[name], value)
        answer = judge.get(name, ChecksumMode="ENABLED")
        judge.equal((answer["Body"].read(), answer[name], answer["ChecksumType"]), (body, value, "FULL_OBJECT"))
        head = judge.s3.head_object(Bucket=judge.bucket, Key=name, ChecksumMode="ENABLED")
        judge.equal(head[name], value)
        judge.refused(400, "BadDigest", judge.put, key=name, body=body, **{name: other[name]})
        judge.equal(judge.body(name), body)


def check_checksums_by_algorithm(judge):
    """boto3 computes them itself: in a header over http, in a trailer over https."""
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put = judge.put(algorithm, b"body", ChecksumAlgorithm=algorithm)
        judge.equal(put[f"Checksum{algorithm}"], digests(b"body")[f"Checksum{algorithm}"])


def check_composite_checksums(judge):
    upload = begin(judge, ChecksumAlgorithm="SHA256")
    parts = [
        send(judge, upload, 1, PART, ChecksumAlgorithm="SHA256"),
        send(judge, upload, 2, b"tail", ChecksumAlgorithm="SHA256"),
    ]
    whole = hashlib.sha256(hashlib.sha256(PART).digest() + hashlib.sha256(b"tail").digest()).digest()
    wrong = [dict(parts[0], ChecksumSHA256=parts[1]["ChecksumSHA256"]), parts[1]]
    judge.refused(400, "InvalidPart", complete, judge=judge, upload=upload, parts=wrong)
    done = complete(judge, upload, parts)
    judge.equal(done["ChecksumSHA256"], base64_of(whole) + "-2")
    head = judge.s3.head_object(Bucket=judge.bucket, Key="k", ChecksumMode="ENABLED")
    judge.equal((head["ChecksumSHA256"], head["ChecksumType"]), (base64_of(whole) + "-2", "COMPOSITE"))


def check_full_object_checksums(judge):
    upload = begin(judge, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [
        send(judge, upload, 1, PART, ChecksumAlgorithm="CRC32"),
        send(judge, upload, 2, b"tail", ChecksumAlgorithm="CRC32"),
    ]
    right = base64_of(binascii.crc32(PART + b"tail").to_bytes(4, "big"))
    wrong = base64_of(b"\0\0\0\0")
    arguments = {"judge": judge, "upload": upload, "parts": parts, "ChecksumType": "FULL_OBJECT"}
    judge.refused(400, "BadDigest", complete, ChecksumCRC32=wrong, **arguments)
    judge.equal(complete(ChecksumCRC32=right, **arguments)["ChecksumCRC32"], right)
