//! Wrong credentials, a missing bucket and an unreachable host are three errors that say so.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::support::{
    BUCKET, bytes,
    canned::{Canned, answer},
    config, config_for, get, list, server,
};
use litestream_core::{
    config::{Credentials, S3Config, Secret},
    store::{Body, ByteRange, Key, PutOptions, Store, StoreError, s3::S3Store},
};
use litestream_testkit::s3::{Effect, Fault};

/// The error of each kind of request.
async fn errors(config: &S3Config) -> Vec<StoreError> {
    let store = S3Store::connect(config).unwrap();
    let key = Key::new("key");
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(6 << 20).unwrap();
    let large = Body::File { path: file.path().into(), size: 6 << 20 };
    vec![
        list(&store, "").await.unwrap_err(),
        get(&store, "key", ByteRange::ALL).await.unwrap_err(),
        store.put(&key, bytes("data"), PutOptions::default()).await.unwrap_err(),
        store.put(&key, large, PutOptions::default()).await.unwrap_err(),
        store.delete(&[key]).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn wrong_credentials_are_denied() {
    let server = server();
    let right = config(&server).credentials.unwrap();
    for credentials in [
        Credentials { secret_access_key: Secret::new("wrong-secret"), ..right.clone() },
        Credentials { access_key_id: "wrong-id".into(), ..right },
    ] {
        let config = S3Config { credentials: Some(credentials), ..config(&server) };
        for error in errors(&config).await {
            assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
            assert!(!error.is_retryable());
            let message = error.to_string();
            assert!(message.contains("access key") && !message.contains("wrong-secret"), "{message}");
        }
        let head = S3Store::connect(&config).unwrap().head(&Key::new("key")).await.unwrap_err();
        assert!(matches!(head, StoreError::Denied { .. }), "{head:?}");
    }
}

#[tokio::test]
async fn a_missing_bucket_is_named() {
    let server = server();
    let config = S3Config { bucket: "absent".into(), ..config(&server) };
    for error in errors(&config).await {
        assert!(matches!(&error, StoreError::MissingBucket { bucket, .. } if bucket == "absent"), "{error:?}");
        assert!(!error.is_retryable());
        assert!(error.to_string().contains(&server.endpoint()), "{error}");
    }
}

#[tokio::test]
async fn an_unreachable_host_is_reported_soon() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for endpoint in [format!("http://{unused}"), "http://host.invalid:9000".into()] {
        let began = Instant::now();
        let error = list(&S3Store::connect(&config_for(&endpoint)).unwrap(), "").await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(error.is_retryable());
        assert!(!error.may_have_taken_effect(), "nothing was sent: {error:?}");
        assert!(error.to_string().contains(&endpoint), "{error}");
        assert!(began.elapsed() < Duration::from_secs(30), "{endpoint} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_unknown() {
    let server = server();
    let store = S3Store::connect(&config(&server)).unwrap();
    for effect in [Effect::LoseAnswer, Effect::Reset, Effect::CutRequest(2)] {
        server.faults().add(Fault::new(effect));
        let error = store.put(&Key::new("key"), bytes("data"), PutOptions::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }) && error.may_have_taken_effect(), "{error:?}");
        server.faults().clear();
    }
    server.faults().add(Fault::new(Effect::Status(403)));
    let error = store.put(&Key::new("key"), bytes("data"), PutOptions::default()).await.unwrap_err();
    assert!(!error.may_have_taken_effect(), "{error:?}");
}

#[tokio::test]
async fn a_wrong_region_names_the_right_one() {
    let body = "<Error><Code>PermanentRedirect</Code><Message>Use the right endpoint</Message></Error>";
    let server = Canned::answering(&[&answer("301 Moved Permanently", "x-amz-bucket-region: eu-west-1\r\n", body)]);
    let error = list(&S3Store::connect(&config_for(server.endpoint())).unwrap(), "").await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("eu-west-1") && message.contains("LITESTREAM_REPLICA_REGION"), "{message}");
}

#[tokio::test]
async fn objects_that_remain_after_a_delete_are_an_error() {
    let result = |errors: &str| answer("200 OK", "", &format!("<DeleteResult>{errors}</DeleteResult>"));
    let denied = "<Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error>";
    let locked = "<Error><Key>b</Key><Code>ObjectLocked</Code><Message>kept until 2030</Message></Error>";
    let busy = "<Error><Key>b</Key><Code>InternalError</Code><Message>sorry</Message></Error>";
    let absent = "<Error><Key>b</Key><Code>NoSuchKey</Code><Message>gone</Message></Error>";
    let keys = [Key::new("a"), Key::new("b")];
    let server = Canned::answering(&[&result(denied), &result(busy), &result(locked), &result(absent)]);
    let store = S3Store::connect(&config_for(server.endpoint())).unwrap();
    assert!(matches!(store.delete(&keys[1..]).await.unwrap_err(), StoreError::Denied { .. }), "the only one");
    assert!(matches!(store.delete(&keys[1..]).await.unwrap_err(), StoreError::Unavailable { .. }), "the only one");
    let error = store.delete(&keys).await.unwrap_err();
    assert!(matches!(error, StoreError::PartlyDeleted { left: 1, all: 2, .. }) && error.may_have_taken_effect());
    let error = error.to_string();
    assert!(error.contains('b') && error.contains("kept until 2030") && error.contains("1 of 2"), "{error}");
    store.delete(&keys).await.unwrap();
    for request in server.requests() {
        assert!(request.to_ascii_lowercase().contains("\r\ncontent-md5: "), "{request}");
    }
}

#[tokio::test]
async fn a_success_with_an_error_inside_does_not_pass_for_one() {
    let created = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
    let created = answer("200 OK", "", created);
    let part = answer("200 OK", "ETag: \"e\"\r\n", "");
    let failed = answer("200 OK", "", "<Error><Code>Odd</Code><Message>sorry</Message></Error>");
    let completed = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
    let completed = answer("200 OK", "", completed);
    let aborted = answer("204 No Content", "", "");
    let put = async |answers: &[&str]| {
        let server = Canned::answering(answers);
        let store = S3Store::connect(&config_for(server.endpoint())).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(6 << 20).unwrap();
        let body = Body::File { path: file.path().into(), size: 6 << 20 };
        store.put(&Key::new("key"), body, PutOptions::default()).await
    };
    put(&[&created, &part, &part, &failed, &completed]).await.unwrap();
    let error = put(&[&created, &part, &part, &failed, &failed, &failed, &failed, &aborted]).await.unwrap_err();
    assert_eq!(error.to_string(), "write key at s3://bucket: Odd: sorry");
}

#[tokio::test]
async fn a_server_that_ignores_ranges_is_not_believed() {
    let server = Canned::answering(&[&answer("200 OK", "", "0123456789")]);
    let store = S3Store::connect(&config_for(server.endpoint())).unwrap();
    assert_eq!(get(&store, "key", ByteRange::ALL).await.unwrap(), b"0123456789");
    for (start, end) in [(0, Some(4)), (4, None), (4, Some(8)), (4, Some(14))] {
        assert!(get(&store, "key", ByteRange { start, end }).await.is_err(), "{start}..{end:?}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_the_reason_of_the_store() {
    let refusal = |code: &str, message: &str| {
        answer("403 Forbidden", "", &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
    };
    let capped = "Cannot upload files, storage cap exceeded. See the Caps page to increase your cap.";
    for error in errors(&config_for(Canned::answering(&[&refusal("AccessDenied", capped)]).endpoint())).await {
        assert!(matches!(error, StoreError::Denied { .. }) && error.to_string().ends_with(capped), "{error}");
    }
    let text = answer("403 Forbidden", "Content-Type: text/plain\r\n", "quota\r\nexceeded\u{1b}[31m");
    let error = listed(&text).await.unwrap_err();
    assert_eq!(error.to_string(), "s3://bucket denied access (403): quota exceeded [31m");
    let busy = "<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
    let error = listed(&answer("503 Slow Down", "", busy)).await.unwrap_err().to_string();
    assert!(error.contains("(SlowDown: Reduce your rate)"), "{error}");
}

#[tokio::test]
async fn a_listing_that_cannot_go_on_or_never_ends_is_an_error() {
    let truncated = |next: &str| {
        let body = format!("<ListBucketResult><IsTruncated>true</IsTruncated>{next}</ListBucketResult>");
        answer("200 OK", "", &body)
    };
    assert!(listed(&truncated("")).await.is_err());
    let token = |at: usize| truncated(&format!("<NextContinuationToken>{at}</NextContinuationToken>"));
    let circle = [token(1), token(2), token(1)];
    let endless: Vec<String> = (0..2000).map(token).collect();
    for (answers, most, problem) in [(&circle[..], 3, "a second time"), (&endless, 1001, "pages in a row were empty")] {
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let server = Canned::answering(&answers);
        let error = list(&S3Store::connect(&config_for(server.endpoint())).unwrap(), "").await.unwrap_err();
        assert!(error.to_string().contains("has no end") && error.to_string().contains(problem), "{error}");
        assert_eq!(server.requests().len(), most);
    }
}

async fn listed(answer: &str) -> Result<usize, StoreError> {
    let server = Canned::answering(&[answer]);
    let listed = list(&S3Store::connect(&config_for(server.endpoint())).unwrap(), "").await;
    if let Err(error) = &listed {
        let text = error.to_string();
        assert!(text.len() < 1500, "{} bytes", text.len());
        for internal in ["dispatch failure", "unhandled", "service error", "response error", "XmlDecode"] {
            assert!(!text.contains(internal), "{text}");
        }
    }
    listed.map(|objects| objects.len())
}

#[tokio::test]
async fn a_web_page_instead_of_an_answer_is_an_error() {
    let page = answer("200 OK", "Content-Type: text/html\r\n", "<!DOCTYPE html><html><body>Welcome</body></html>");
    let server = Canned::answering(&[&page]);
    let config = config_for(server.endpoint());
    let store = S3Store::connect(&config).unwrap();
    let mut found = errors(&config).await;
    found.push(store.head(&Key::new("key")).await.unwrap_err());
    found.push(store.copy(&Key::new("key"), &Key::new("other")).await.unwrap_err());
    assert_eq!(server.requests().len(), found.len(), "another attempt would get the same page");
    for error in found {
        let text = error.to_string();
        assert!(matches!(error, StoreError::NotS3 { .. }) && error.may_have_taken_effect(), "{error:?}");
        assert!(text.contains("HTML, not S3's XML: is the endpoint right, or does a proxy answer?"), "{text}");
    }
    for status in ["404 Not Found", "405 Method Not Allowed", "302 Found"] {
        let page = answer(status, "Location: http://portal/login\r\n", "<html><body>Nothing here</body></html>");
        let server = Canned::answering(&[&page]);
        let found = errors(&config_for(server.endpoint())).await;
        assert_eq!(server.requests().len(), found.len(), "{status}");
        for error in found {
            assert!(matches!(error, StoreError::NotS3 { .. }), "no object is missing, the server is wrong: {error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_listing_never_passes_for_an_empty_one() {
    let whole = "<ListBucketResult><Name>bucket</Name></ListBucketResult>";
    assert_eq!(listed(&answer("200 OK", "", whole)).await.unwrap(), 0);
    let nested = ["<ListBucketResult>".repeat(200_000), "</ListBucketResult>".repeat(200_000)].concat();
    for (body, problem) in [
        ("", "the answer is empty"),
        ("{}", "the answer is JSON"),
        ("OK", "the answer is text"),
        ("<ListBucketResult><Name>bucket</Name>", "breaks off"),
        ("<Other><Name>bucket</Name></Other>", "none of S3's"),
        ("<ListBucketResult><ListBucketResult/></ListBucketResult>", "no listing"),
        (&nested, "nested deeper"),
        (&"text ".repeat(4 << 20), "longer than 16 MiB"),
        (&whole.replace("bucket", &"b".repeat(20 << 20)), "longer than 16 MiB"),
    ] {
        let error = listed(&answer("200 OK", "", body)).await.unwrap_err();
        assert!(matches!(error, StoreError::NotS3 { .. }) && error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn an_endless_error_text_is_cut() {
    let text = "sorry ".repeat(4 << 20);
    let error = format!("<Error><Code>AccessDenied</Code><Message>{}</Message></Error>", "sorry ".repeat(9_000));
    for body in [&text, &error, &error.replace("sorry", &"sorry".repeat(100))] {
        let denied = listed(&answer("403 Forbidden", "", body)).await.unwrap_err();
        assert!(matches!(denied, StoreError::Denied { .. }), "{denied}");
        let refused = listed(&answer("400 Bad Request", "", body)).await.unwrap_err();
        assert!(!refused.is_retryable(), "{refused}");
    }
    let text = listed(&answer("403 Forbidden", "", &text)).await.unwrap_err().to_string();
    assert!(text.contains("sorry sorry") && text.ends_with('…'), "{text}");
}

#[tokio::test]
async fn writes_carry_the_headers_of_official_litestream() {
    let server = Canned::answering(&[&answer("200 OK", "ETag: \"e\"\r\n", "")]);
    let config = S3Config { storage_class: Some("STANDARD_IA".into()), ..config_for(server.endpoint()) };
    let store = S3Store::connect(&config).unwrap();
    let options = PutOptions { timestamp: Some("2026-11-22T19:57:15.65Z".parse().unwrap()), only_if_absent: true };
    store.put(&Key::new("db/0000/x.ltx"), bytes("data"), options).await.unwrap();
    let request = server.requests().remove(0);
    let head = request.to_ascii_lowercase();
    assert!(request.starts_with(&format!("PUT /{BUCKET}/db/0000/x.ltx")), "{request}");
    for header in [
        "x-amz-meta-litestream-timestamp: 2026-11-22t19:57:15.65z",
        "content-type: application/octet-stream",
        "content-length: 4",
        "if-none-match: *",
        "x-amz-storage-class: standard_ia",
    ] {
        assert!(head.contains(&format!("\r\n{header}\r\n")), "{header} in {request}");
    }
    for absent in ["checksum", "aws-chunked", "transfer-encoding", "expect:"] {
        assert!(!head.contains(absent), "{absent} in {request}");
    }
}
