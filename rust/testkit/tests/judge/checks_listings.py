"""Listings, both versions: pages, prefixes, delimiters, odd characters."""

from concurrent.futures import ThreadPoolExecutor


def fill(judge, keys):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(judge.put, keys))


def check_more_than_a_page(judge):
    keys = [f"{number:06d}" for number in range(1234)]
    fill(judge, keys)
    for version in ("list_objects", "list_objects_v2"):
        pages = list(judge.s3.get_paginator(version).paginate(Bucket=judge.bucket))
        judge.equal([len(page["Contents"]) for page in pages], [1000, 234])
        judge.equal([entry["Key"] for page in pages for entry in page["Contents"]], keys)
    much = judge.s3.list_objects_v2(Bucket=judge.bucket, MaxKeys=5000)
    judge.equal((much["KeyCount"], much["IsTruncated"]), (1000, True))
    exact = judge.s3.list_objects_v2(Bucket=judge.bucket, StartAfter=keys[233])
    judge.equal((exact["KeyCount"], exact["IsTruncated"]), (1000, False))


def check_small_pages(judge):
    keys = ["a", "b/1", "b/2", "c", "d é/+ %", "d é/z"]
    fill(judge, keys)
    for version in ("list_objects", "list_objects_v2"):
        for size in range(1, 8):
            pages = judge.s3.get_paginator(version).paginate(Bucket=judge.bucket, PaginationConfig={"PageSize": size})
            judge.equal([entry["Key"] for page in pages for entry in page.get("Contents", [])], keys)
            pages = judge.s3.get_paginator(version).paginate(
                Bucket=judge.bucket, Delimiter="/", PaginationConfig={"PageSize": size}
            )
            names = []
            for page in pages:
                names += [entry["Key"] for entry in page.get("Contents", [])]
                names += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
            judge.equal(sorted(names), ["a", "b/", "c", "d é/"])


def check_start_after_and_marker(judge):
    fill(judge, ["a", "b", "c", "d"])
    seen = judge.s3.list_objects_v2(Bucket=judge.bucket, StartAfter="b")
    judge.equal([entry["Key"] for entry in seen["Contents"]], ["c", "d"])
    seen = judge.s3.list_objects_v2(Bucket=judge.bucket, StartAfter="bb")
    judge.equal([entry["Key"] for entry in seen["Contents"]], ["c", "d"])
    seen = judge.s3.list_objects(Bucket=judge.bucket, Marker="b", MaxKeys=1)
    judge.equal(([entry["Key"] for entry in seen["Contents"]], seen["IsTruncated"]), (["c"], True))
    assert "NextMarker" not in seen, "only a delimiter brings a NextMarker"
    seen = judge.s3.list_objects(Bucket=judge.bucket, Marker="b", MaxKeys=1, Delimiter="/")
    judge.equal(seen["NextMarker"], "c")


def check_prefixes(judge):
    fill(judge, ["db/ltx/0/1", "db/ltx/0/2", "db/ltx/1/1", "db2/ltx", "other"])
    seen = judge.s3.list_objects_v2(Bucket=judge.bucket, Prefix="db/")
    judge.equal(seen["KeyCount"], 3)
    seen = judge.s3.list_objects_v2(Bucket=judge.bucket, Prefix="db/ltx/", Delimiter="/")
    judge.equal([entry["Prefix"] for entry in seen["CommonPrefixes"]], ["db/ltx/0/", "db/ltx/1/"])
    judge.equal(judge.s3.list_objects_v2(Bucket=judge.bucket, Prefix="none")["KeyCount"], 0)
    seen = judge.s3.list_objects_v2(Bucket=judge.bucket, MaxKeys=0)
    judge.equal((seen["KeyCount"], seen["IsTruncated"]), (0, False))


def check_bad_arguments(judge):
    listing = judge.s3.list_objects_v2
    judge.refused(400, "InvalidArgument", listing, Bucket=judge.bucket, ContinuationToken="no token of ours")
    judge.refused(400, "InvalidArgument", listing, Bucket=judge.bucket, MaxKeys=-1)
