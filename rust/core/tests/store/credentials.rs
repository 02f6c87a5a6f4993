//! Without keys in the settings, credentials come from where the AWS tools look. Each case runs in a child, with
//! variables of its own.

use std::time::{Duration, Instant};

use crate::support::{child, config_for, listing, server};
use litestream_core::config::S3Config;
use litestream_testkit::s3::S3Server;

const ENDPOINT: &str = "LITESTREAM_TEST_ENDPOINT";

/// The result of a listing in a process with these variables. The chain may read the system's certificates.
async fn outcome(server: &S3Server, variables: &[(&'static str, String)]) -> String {
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ca.pem");
    let given = [(ENDPOINT, server.endpoint()), ("SSL_CERT_FILE", ca.into())];
    child::outcome("credentials::a_listing_in_a_child", variables.iter().cloned().chain(given)).await
}

/// Does its work only as a child of [`outcome`].
#[tokio::test]
async fn a_listing_in_a_child() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        child::report(&listing(&S3Config { credentials: None, ..config_for(&endpoint) }).await);
    }
}

fn key(server: &S3Server) -> [(&'static str, String); 2] {
    [("AWS_ACCESS_KEY_ID", server.access_key_id().into()), ("AWS_SECRET_ACCESS_KEY", server.secret_access_key().into())]
}

#[tokio::test]
async fn they_come_from_the_environment() {
    let server = server();
    assert_eq!(outcome(&server, &key(&server)).await, "0 objects");
    let [id, _] = key(&server);
    let wrong = outcome(&server, &[id, ("AWS_SECRET_ACCESS_KEY", "wrong".into())]).await;
    assert!(wrong.contains("denied access"), "{wrong}");
}

#[tokio::test]
async fn they_come_from_a_profile() {
    let server = server();
    let file = tempfile::NamedTempFile::new().unwrap();
    let [(_, id), (_, secret)] = key(&server);
    std::fs::write(&file, format!("[app]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")).unwrap();
    let variables =
        [("AWS_PROFILE", "app".to_owned()), ("AWS_SHARED_CREDENTIALS_FILE", file.path().to_str().unwrap().to_owned())];
    assert_eq!(outcome(&server, &variables).await, "0 objects");
}

#[tokio::test]
async fn none_anywhere_is_denied_before_anything_is_sent() {
    let server = server();
    let began = Instant::now();
    let none = outcome(&server, &[("AWS_EC2_METADATA_DISABLED", "true".into())]).await;
    assert!(none.contains("denied access (no credentials"), "{none}");
    assert_eq!(server.requests().total(), 0);
    assert!(began.elapsed() < Duration::from_secs(20));
}
