#![allow(clippy::unwrap_used)]
use std::sync::Mutex;

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::*;
use crate::{
    secret::Secret,
    store::{self, Body, Key, PutOptions, Store},
};

fn amazon(bucket: &str) -> S3Config {
    S3Config {
        bucket: bucket.into(),
        path: "db".into(),
        region: "eu-west-1".into(),
        endpoint: None,
        force_path_style: false,
        skip_verify: false,
        credentials: Some(store::Credentials {
            access_key_id: "key-id".into(),
            secret_access_key: Secret::new("key-secret"),
        }),
        part_size: 1,
        concurrency: 0,
        storage_class: None,
    }
}

/// Answers everything with an empty success.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<HttpRequest>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().push(request);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::empty())))
    }
}

/// The request that writes a small object.
async fn written(config: &S3Config) -> HttpRequest {
    let recorder = Recorder::default();
    let connector = SharedHttpConnector::new(recorder.clone());
    let store = S3Store { inner: Arc::new(inner(config, http_client_fn(move |_, _| connector.clone()))) };
    let body = Body::Bytes(Bytes::from_static(b"data"));
    store.put(&Key::new("db/0000/a b+é"), body, PutOptions::default()).await.unwrap();
    recorder.0.lock().unwrap().remove(0)
}

#[tokio::test]
async fn bucket_region_and_style_give_the_address() {
    let with = |endpoint: &str, force_path_style| S3Config {
        endpoint: Some(endpoint.into()),
        force_path_style,
        ..amazon("mybkt")
    };
    let arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/mine";
    for (config, address) in [
        (amazon("mybkt"), "https://mybkt.s3.eu-west-1.amazonaws.com/"),
        (S3Config { region: String::new(), ..amazon("mybkt") }, "https://mybkt.s3.us-east-1.amazonaws.com/"),
        (amazon("my.dotted.bucket"), "https://s3.eu-west-1.amazonaws.com/my.dotted.bucket/"),
        (amazon(arn), "https://mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com/"),
        (with("http://localhost:9000", true), "http://localhost:9000/mybkt/"),
        (with("https://fra1.digitaloceanspaces.com", false), "https://mybkt.fra1.digitaloceanspaces.com/"),
        (with("https://project.supabase.co/storage/v1/s3", true), "https://project.supabase.co/storage/v1/s3/mybkt/"),
    ] {
        let request = written(&config).await;
        let uri = request.uri().split('?').next().unwrap().to_owned();
        assert_eq!(uri, format!("{address}db/0000/a%20b%2B%C3%A9"));
    }
}

#[tokio::test]
async fn only_amazon_gets_checksums_and_all_get_signed_content() {
    let elsewhere = S3Config { endpoint: Some("https://s3.example.com".into()), ..amazon("mybkt") };
    for (config, checksum) in [(amazon("mybkt"), true), (elsewhere, false)] {
        let request = written(&config).await;
        assert_eq!(request.headers().get("x-amz-checksum-crc32").is_some(), checksum);
        let digest = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7";
        assert_eq!(request.headers().get("x-amz-content-sha256"), Some(digest));
        let authorization = request.headers().get("authorization").unwrap();
        assert!(authorization.contains("key-id") && !authorization.contains("key-secret"));
    }
}

#[tokio::test]
async fn tigris_is_asked_for_consistent_answers() {
    let tigris = S3Config { endpoint: Some("https://t3.storage.dev".into()), ..amazon("mybkt") };
    assert_eq!(written(&tigris).await.headers().get("x-tigris-consistent"), Some("true"));
    assert_eq!(written(&amazon("mybkt")).await.headers().get("x-tigris-consistent"), None);
}

#[test]
fn settings_below_the_limits_of_s3_are_raised() {
    let inner = inner(&amazon("mybkt"), http::client(tls::trusting_nothing().unwrap()));
    assert_eq!((inner.part_size, inner.concurrency), (5 << 20, 1));
    let r2 = Some("https://account.r2.cloudflarestorage.com".into());
    let config = S3Config { endpoint: r2, concurrency: 5, ..amazon("mybkt") };
    assert_eq!(crate::store::s3::client::inner(&config, http::client(tls::trusting_nothing().unwrap())).concurrency, 2);
}

#[test]
fn secrets_are_in_no_debug_output() {
    let store = S3Store::connect(&amazon("mybkt")).unwrap();
    assert_eq!(format!("{store:?}"), "S3Store(s3://mybkt at Amazon S3 in eu-west-1)");
    assert!(!format!("{:?}", amazon("mybkt")).contains("key-secret"));
}
