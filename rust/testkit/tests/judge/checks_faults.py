"""Fault rules and the log, through the control endpoint, as seen by a client."""

import socket
import time
import urllib.error
import urllib.request

from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError, ResponseStreamingError


def patient(judge):
    """A client that tries three times."""
    return judge.client(retries={"max_attempts": 2, "mode": "standard"})


def fault(judge, effect, **rule):
    """Forgets rules and log, then adds one rule."""
    judge.control("DELETE", "faults")
    judge.control("DELETE", "requests")
    return judge.control("POST", "faults", dict(rule, effect=effect))["id"]


def log(judge):
    judge.control("DELETE", "faults")
    return [(entry["operation"], entry["key"], entry["status"]) for entry in judge.control("GET", "requests")]


def broken(call, **arguments):
    """The call must end without an answer."""
    try:
        call(**arguments)
    except (ConnectionClosedError, ConnectionError):
        return
    raise AssertionError("there was an answer")


def once_only(judge):
    return judge.client(retries={"total_max_attempts": 1, "mode": "standard"})


def check_statuses(judge):
    single = once_only(judge)
    for status, code in [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), (403, "AccessDenied")]:
        fault(judge, {"status": status}, operation="PutObject", times=1)
        judge.refused(status, code, single.put_object, Bucket=judge.bucket, Key="k", Body=b"x" * 300_000)
        judge.equal(log(judge), [("PutObject", "k", status)])
        judge.equal(judge.keys(), [])


def check_a_client_gets_over_it(judge):
    fault(judge, {"status": 503}, operation="PutObject", times=2)
    patient(judge).put_object(Bucket=judge.bucket, Key="k", Body=b"x")
    judge.equal(log(judge), [("PutObject", "k", 503), ("PutObject", "k", 503), ("PutObject", "k", 200)])


def check_which_requests_a_rule_picks(judge):
    identity = fault(judge, {"status": 500}, key="ltx/", skip=1, times=1)
    single = once_only(judge)
    put = single.put_object
    put(Bucket=judge.bucket, Key="other", Body=b"")
    put(Bucket=judge.bucket, Key="ltx/1", Body=b"")
    judge.refused(500, "InternalError", put, Bucket=judge.bucket, Key="ltx/2", Body=b"")
    put(Bucket=judge.bucket, Key="ltx/3", Body=b"")
    rule = judge.control("GET", "faults")[0]
    judge.equal((rule["id"], rule["matched"], rule["hits"]), (identity, 3, 1))
    judge.control("DELETE", f"faults/{identity}")
    judge.equal(judge.control("GET", "faults"), [])
    judge.equal(judge.keys(), ["ltx/1", "ltx/3", "other"])


def check_lost_answer(judge):
    single = once_only(judge)
    fault(judge, "lose_answer", operation="PutObject", times=1)
    broken(single.put_object, Bucket=judge.bucket, Key="k", Body=b"stored", IfNoneMatch="*")
    judge.equal(judge.body("k"), b"stored")
    judge.equal(log(judge)[0], ("PutObject", "k", None))
    # The retry of a conditional put meets its own success.
    judge.control("DELETE", f"objects/{judge.bucket}/k")
    fault(judge, "lose_answer", operation="PutObject", times=1)
    try:
        patient(judge).put_object(Bucket=judge.bucket, Key="k", Body=b"stored", IfNoneMatch="*")
        raise AssertionError("the retry went through")
    except ClientError as error:
        judge.equal(error.response["Error"]["Code"], "PreconditionFailed")
    judge.equal(log(judge), [("PutObject", "k", None), ("PutObject", "k", 412)])


def check_reset(judge):
    fault(judge, "reset", operation="PutObject", times=1)
    broken(once_only(judge).put_object, Bucket=judge.bucket, Key="k", Body=b"x")
    judge.equal(log(judge), [("PutObject", "k", None)])
    judge.equal(judge.keys(), [])
    # A reset is a reset, not an end.
    fault(judge, "reset", times=1)
    host, port = judge.endpoint.split("//")[1].split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GET /b/k HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            judge.equal(raw.recv(1), "a reset")
        except ConnectionResetError:
            pass


def check_cut_answer(judge):
    body = bytes(range(256)) * 64
    judge.put("k", body)
    for after in (0, 1, 1000, len(body) - 1):
        fault(judge, {"cut_answer": after}, operation="GetObject", times=1)
        answer = once_only(judge).get_object(Bucket=judge.bucket, Key="k")
        judge.equal(answer["ContentLength"], len(body))
        seen = b""
        try:
            for piece in answer["Body"].iter_chunks(1):
                seen += piece
            raise AssertionError("the whole body came")
        except (IncompleteReadError, ResponseStreamingError, ConnectionClosedError):
            pass
        judge.equal(seen, body[:after])
        entry = judge.control("GET", "requests")[0]
        judge.equal((entry["status"], entry["bytes_out"], entry["faulted"]), (200, after, True))
    judge.equal(judge.body("k"), body)


def check_cut_request(judge):
    fault(judge, {"cut_request": 70_000}, operation="PutObject", times=1)
    broken(once_only(judge).put_object, Bucket=judge.bucket, Key="k", Body=bytes(3_000_000))
    entry = judge.control("GET", "requests")[0]
    judge.equal((entry["status"], entry["bytes_in"]), (None, 70_000))
    judge.equal(judge.keys(), [])


def check_delay(judge):
    fault(judge, {"delay_milliseconds": 300}, operation="PutObject", times=1)
    started = time.monotonic()
    judge.put("k", b"x")
    assert time.monotonic() - started >= 0.3
    judge.equal(judge.body("k"), b"x")


def check_counts_and_log(judge):
    fault(judge, "reset", key="no such key")
    judge.control("DELETE", "faults")
    judge.put("a b", b"12345")
    judge.body("a b")
    judge.body("a b", Range="bytes=1-2")
    judge.refused(404, "NoSuchKey", judge.get, key="missing")
    judge.keys()
    counts = judge.control("GET", "counts")
    judge.equal(sorted(counts), ["GetObject", "ListObjectsV2", "PutObject"])
    judge.equal((counts["GetObject"]["requests"], counts["GetObject"]["succeeded"]), (3, 2))
    assert counts["PutObject"]["bytes_in"] >= 5, counts
    requests = judge.control("GET", "requests")
    judge.equal([entry["status"] for entry in requests], [200, 200, 206, 404, 200])
    judge.equal([entry["bytes_out"] for entry in requests[1:3]], [5, 2])
    judge.equal((requests[0]["bucket"], requests[0]["key"]), (judge.bucket, "a b"))
    later = judge.control("GET", f"requests?after={requests[3]['number']}")
    judge.equal([entry["operation"] for entry in later], ["ListObjectsV2"])
    judge.equal("prefix=&" in later[0]["query"] or "list-type=2" in later[0]["query"], True)


def check_looking_into_a_bucket(judge):
    judge.put("a/é", b"data", Metadata={"m": "1"})
    listed = judge.control("GET", f"objects/{judge.bucket}")
    judge.equal([(entry["key"], entry["size"], entry["metadata"]) for entry in listed], [("a/é", 4, {"m": "1"})])
    url = f"{judge.endpoint}/_testkit/objects/{judge.bucket}/a/%C3%A9"
    with urllib.request.urlopen(url) as answer:
        judge.equal(answer.read(), b"data")
    judge.control("DELETE", f"objects/{judge.bucket}/a/%C3%A9")
    judge.equal(judge.keys(), [])
    for path in ("objects/no-such-bucket", f"objects/{judge.bucket}/missing", "nonsense"):
        try:
            judge.control("GET", path)
            raise AssertionError("there was an answer")
        except urllib.error.HTTPError as error:
            judge.equal(error.code, 404)


def check_wrong_rules_are_refused(judge):
    for rule in ({"effect": "explode"}, {"efect": "reset"}, {}):
        try:
            judge.control("POST", "faults", rule)
            raise AssertionError("the rule was taken")
        except urllib.error.HTTPError as error:
            judge.equal(error.code, 400)
