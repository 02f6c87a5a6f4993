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
    let absent = "<Error><Key>b</Key><Code>NoSuchKey</Code><Message>gone</Message></Error>";
    let keys = [Key::new("a"), Key::new("b")];
    let server = Canned::answering(&[&result(denied), &result(locked), &result(absent)]);
    let store = S3Store::connect(&config_for(server.endpoint())).unwrap();
    assert!(matches!(store.delete(&keys[1..]).await.unwrap_err(), StoreError::Denied { .. }), "the only one");
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
    let failed = answer("200 OK", "", "<Error><Code>InternalError</Code><Message>sorry</Message></Error>");
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
    assert!(error.to_string().contains("key"), "{error:?}");
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
async fn a_listing_that_cannot_go_on_is_an_error() {
    let body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let server = Canned::answering(&[&answer("200 OK", "", body)]);
    assert!(list(&S3Store::connect(&config_for(server.endpoint())).unwrap(), "").await.is_err());
}

#[tokio::test]
async fn a_web_page_instead_of_an_answer_is_an_error() {
    let page = answer("200 OK", "Content-Type: text/html\r\n", "<html><body>Welcome</body></html>");
    let store = S3Store::connect(&config_for(Canned::answering(&[&page]).endpoint())).unwrap();
    assert!(list(&store, "").await.is_err());
    let page = answer("404 Not Found", "Content-Type: text/html\r\n", "<html><body>Nothing here</body></html>");
    let store = S3Store::connect(&config_for(Canned::answering(&[&page]).endpoint())).unwrap();
    for error in [list(&store, "").await.unwrap_err(), get(&store, "key", ByteRange::ALL).await.unwrap_err()] {
        assert!(matches!(error, StoreError::Failed { .. }), "no object is missing, the server is wrong: {error:?}");
    }
}

#[tokio::test]
async fn writes_carry_what_official_litestream_writes() {
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
