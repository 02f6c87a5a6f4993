//! The server as Rust tests use it: in their own process.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use litestream_testkit::s3::{Effect, Fault, Operation, Options, S3Server};

/// Sends an unsigned request and returns the status line, empty if the connection ended without one.
fn unsigned(server: &S3Server, line: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    write!(stream, "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or("").to_owned())
}

#[test]
fn a_bucket_can_be_looked_into_and_tampered_with() {
    let server = S3Server::start(Options::with_bucket("bucket")).expect("a server");
    assert!(server.create_bucket("b").is_err(), "S3 wants three characters");
    assert!(server.put("nowhere", "k", b"").is_err());
    server.put("bucket", "a/k", b"one").expect("a put");
    server.put("bucket", "a/k", b"two").expect("a put");
    assert_eq!(server.keys("bucket"), ["a/k"]);
    assert_eq!(server.objects("bucket")[0].size, 3);
    assert_eq!(server.data("bucket", "a/k").as_deref(), Some(&b"two"[..]));
    assert!(server.remove("bucket", "a/k"));
    assert!(!server.remove("bucket", "a/k"));
    assert_eq!(server.data("bucket", "a/k"), None);
    server.create_bucket("another").expect("a bucket");
    server.create_bucket("another").expect("the same bucket");
}

#[tokio::test]
async fn it_serves_inside_an_async_test_that_blocks() {
    let server = S3Server::start(Options::with_bucket("bucket")).expect("a server");
    let status = unsigned(&server, "GET /bucket/k").expect("an answer");
    assert_eq!(status, "HTTP/1.1 403 Forbidden");
    let requests = server.requests().all();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].operation, Operation::GetObject);
    assert_eq!((requests[0].status, requests[0].key.as_deref()), (Some(403), Some("k")));
}

#[test]
fn faults_act_and_are_counted() {
    let server = S3Server::start(Options::default()).expect("a server");
    let refuse = server.faults().add(Fault::on(Operation::GetObject, Effect::Status(503)).nth(2));
    let reset = server.faults().add(Fault::on(Operation::HeadObject, Effect::Reset));
    let statuses: Vec<String> = (0..3).map(|_| unsigned(&server, "GET /bucket/k").expect("an answer")).collect();
    assert!(statuses[0].contains("403") && statuses[1].contains("503") && statuses[2].contains("403"), "{statuses:?}");
    let error = unsigned(&server, "HEAD /bucket/k").expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!((server.faults().hits(refuse), server.faults().hits(reset)), (1, 1));
    assert_eq!((server.requests().count(Operation::GetObject), server.requests().total()), (3, 4));
    assert!(server.faults().remove(reset));
    server.faults().clear();
    server.requests().clear();
    assert_eq!(server.requests().total(), 0);
    let waited = server.requests().wait_until(Duration::from_millis(20), |counts| !counts.is_empty());
    assert!(!waited);
}

#[test]
fn it_ends_when_dropped_and_can_return_on_the_same_port() {
    let server = S3Server::start(Options::default()).expect("a server");
    let address = server.address();
    let mut idle = TcpStream::connect(address).expect("a connection");
    drop(server);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0, "open connections end too");
    let refused = TcpStream::connect(address).expect_err("the port is closed");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let again = S3Server::start(Options { listen: address, ..Options::default() }).expect("the same port");
    assert_eq!(again.address(), address);
}

#[test]
fn a_folder_belongs_to_one_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { folder: Some(folder.path().into()), ..Options::with_bucket("bucket") };
    let first = S3Server::start(options.clone()).expect("a server");
    let error = S3Server::start(options.clone()).err().expect("a second server is refused");
    assert!(error.to_string().contains("another server"), "{error}");
    first.put("bucket", "k", b"kept").expect("a put");
    first.put("bucket", "k", b"kept as well").expect("a put");
    drop(first);
    let second = S3Server::start(options).expect("the folder is free again");
    assert_eq!(second.data("bucket", "k").as_deref(), Some(&b"kept as well"[..]));
    let blobs = std::fs::read_dir(folder.path().join("blobs")).expect("blobs").count();
    assert_eq!(blobs, 1, "what was replaced is gone");
}
