//! A server with faults: temporary ones are retried, lasting ones are reported.

use std::time::{Duration, Instant};

use crate::support::{BUCKET, bytes, config, get, list, put, server};
use litestream_core::store::{Body, ByteRange, Key, PutOptions, Store, StoreError, s3::S3Store};
use litestream_testkit::s3::{Effect, Fault, Operation, S3Server};

const IF_ABSENT: PutOptions = PutOptions { timestamp: None, only_if_absent: true };

fn store(server: &S3Server) -> S3Store {
    S3Store::connect(&config(server)).unwrap()
}

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// Two full parts and a bit.
fn large_file() -> (tempfile::NamedTempFile, Body) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let data = body((10 << 20) + 5);
    std::fs::write(&file, &data).unwrap();
    let body = Body::File { path: file.path().into(), size: data.len() as u64 };
    (file, body)
}

#[tokio::test]
async fn every_request_outlasts_a_server_that_is_busy_for_a_moment() {
    for status in [500, 502, 503, 429, 408] {
        let server = server();
        let store = store(&server);
        let key = Key::new("key");
        for operation in [
            Operation::PutObject,
            Operation::HeadObject,
            Operation::GetObject,
            Operation::ListObjectsV2,
            Operation::DeleteObjects,
        ] {
            server.faults().add(Fault::on(operation, Effect::Status(status)).once());
        }
        store.put(&key, bytes("data"), IF_ABSENT).await.unwrap();
        assert_eq!(store.head(&key).await.unwrap().size, 4);
        assert_eq!(get(&store, "key", ByteRange::ALL).await.unwrap(), b"data");
        assert_eq!(list(&store, "").await.unwrap().len(), 1);
        store.delete(std::slice::from_ref(&key)).await.unwrap();
        assert_eq!(server.requests().total(), 10, "each twice after a {status}");
    }
}

#[tokio::test]
async fn a_large_file_outlasts_failing_parts() {
    let server = server();
    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::CreateMultipartUpload, Effect::Status(503)).once());
    server.faults().add(Fault::on(Operation::UploadPart, Effect::Status(500)).nth(2));
    server.faults().add(Fault::on(Operation::UploadPart, Effect::CutRequest(100_000)).nth(3));
    server.faults().add(Fault::on(Operation::CompleteMultipartUpload, Effect::Status(503)).once());
    store(&server).put(&Key::new("large"), body, IF_ABSENT).await.unwrap();
    assert!(server.data(BUCKET, "large").unwrap() == self::body((10 << 20) + 5));
}

#[tokio::test]
async fn a_server_that_stays_busy_is_unavailable_after_a_few_tries() {
    for status in [503, 429] {
        let server = server();
        server.faults().add(Fault::new(Effect::Status(status)));
        let began = Instant::now();
        let error = list(&store(&server), "").await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.is_retryable());
        assert_eq!(server.requests().total(), 4);
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn slow_answers_are_waited_for() {
    let server = server();
    server.faults().add(Fault::new(Effect::DelayMilliseconds(1500)));
    store(&server).put(&Key::new("key"), bytes("data"), IF_ABSENT).await.unwrap();
    assert_eq!(server.requests().total(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_is_continued_where_it_broke() {
    let server = server();
    let store = store(&server);
    let data = body(1 << 20);
    put(&store, "key", &data).await;
    for range in [ByteRange::ALL, ByteRange { start: 1000, end: None }, ByteRange { start: 7, end: Some(900_000) }] {
        server.requests().clear();
        server.faults().clear();
        server.faults().add(Fault::on(Operation::GetObject, Effect::CutAnswer(300_000)).times(2));
        let read = get(&store, "key", range).await.unwrap();
        let end = range.end.unwrap_or(1 << 20);
        assert!(read == data[range.start as usize..end as usize], "{range}");
        let requests = server.requests().of(Operation::GetObject);
        assert_eq!(requests.len(), 3, "two breaks, two resumptions");
        let sent: u64 = requests.iter().map(|request| request.bytes_out).sum();
        assert!(sent <= end - range.start + 1, "nothing is fetched twice: {sent} bytes");
    }
}

#[tokio::test]
async fn a_body_that_never_gets_further_is_an_error() {
    let server = server();
    let store = store(&server);
    put(&store, "key", &body(100_000)).await;
    server.faults().add(Fault::on(Operation::GetObject, Effect::CutAnswer(50_000)).once());
    server.faults().add(Fault::on(Operation::GetObject, Effect::CutAnswer(0)));
    let error = get(&store, "key", ByteRange::ALL).await.unwrap_err();
    assert!(error.to_string().contains("at byte 50000"), "{error}");
    assert_eq!(server.requests().count(Operation::GetObject), 4);
}

#[tokio::test]
async fn an_object_replaced_in_the_middle_is_never_spliced() {
    let server = server();
    let store = store(&server);
    put(&store, "key", &body(1 << 20)).await;
    server.faults().add(Fault::on(Operation::GetObject, Effect::CutAnswer(300_000)).once());
    let mut chunks = store.get(&Key::new("key"), ByteRange::ALL).await.unwrap();
    chunks.next().await.unwrap().unwrap();
    put(&store, "key", &vec![0; 1 << 20]).await;
    let error = loop {
        match chunks.next().await {
            Ok(chunk) => assert!(chunk.is_some(), "ended as if it were whole"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("replaced while it was read"), "{error}");
}

#[tokio::test]
async fn a_lost_answer_to_a_conditional_write_surfaces_as_already_exists() {
    let server = server();
    let store = store(&server);
    server.faults().add(Fault::on(Operation::PutObject, Effect::LoseAnswer).once());
    let error = store.put(&Key::new("key"), bytes("mine"), IF_ABSENT).await.unwrap_err();
    assert!(error.is_already_exists(), "{error:?}");
    assert_eq!(server.data(BUCKET, "key").unwrap(), "mine");

    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::CompleteMultipartUpload, Effect::LoseAnswer).once());
    let error = store.put(&Key::new("large"), body, IF_ABSENT).await.unwrap_err();
    assert!(error.is_already_exists(), "{error:?}");
    assert!(server.data(BUCKET, "large").is_some());
}

#[tokio::test]
async fn a_lost_answer_to_an_unconditional_write_is_made_up_for() {
    let server = server();
    let store = store(&server);
    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::PutObject, Effect::LoseAnswer).once());
    server.faults().add(Fault::on(Operation::CompleteMultipartUpload, Effect::LoseAnswer).once());
    let options = PutOptions { timestamp: Some(ltx::Timestamp::from_millis(1_700_000_000_123)), only_if_absent: false };
    store.put(&Key::new("key"), bytes("mine"), options).await.unwrap();
    store.put(&Key::new("large"), body, options).await.unwrap();
    assert!(server.data(BUCKET, "large").unwrap() == self::body((10 << 20) + 5));
}

#[tokio::test]
async fn a_large_file_that_fails_leaves_no_parts_behind() {
    let server = server();
    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::UploadPart, Effect::Status(403)).nth(2));
    let error = store(&server).put(&Key::new("large"), body, IF_ABSENT).await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert_aborted(&server);
    assert_eq!(server.data(BUCKET, "large"), None);
}

#[tokio::test]
async fn a_large_file_given_up_in_the_middle_leaves_no_parts_behind() {
    let server = server();
    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::UploadPart, Effect::DelayMilliseconds(60_000)).skip(1));
    let store = store(&server);
    let key = Key::new("large");
    tokio::select! {
        written = store.put(&key, body, IF_ABSENT) => panic!("parts wait for a minute, yet {written:?}"),
        () = part_done(&server) => {}
    }
    // The abort runs on its own after the write was dropped.
    let end = Instant::now() + Duration::from_secs(10);
    while server.requests().count(Operation::AbortMultipartUpload) == 0 && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_aborted(&server);
}

async fn part_done(server: &S3Server) {
    while server.requests().counts().get(&Operation::UploadPart).is_none_or(|count| count.succeeded == 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn assert_aborted(server: &S3Server) {
    let aborts = server.requests().of(Operation::AbortMultipartUpload);
    assert_eq!(aborts.len(), 1);
    assert_eq!(aborts[0].status, Some(204));
}

#[tokio::test]
async fn a_server_without_conditional_writes_is_written_to_without() {
    let server = server();
    let store = store(&server);
    server.faults().add(Fault::on(Operation::PutObject, Effect::Status(501)).once());
    store.put(&Key::new("1"), bytes("data"), IF_ABSENT).await.unwrap();
    store.put(&Key::new("2"), bytes("data"), IF_ABSENT).await.unwrap();
    assert_eq!(server.requests().count(Operation::PutObject), 3, "asked once, remembered");

    let store = self::store(&server);
    let (_file, body) = large_file();
    server.faults().add(Fault::on(Operation::CompleteMultipartUpload, Effect::Status(501)).once());
    store.put(&Key::new("large"), body, IF_ABSENT).await.unwrap();
}
