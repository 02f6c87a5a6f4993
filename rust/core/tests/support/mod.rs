//! An S3 server in this process, and the settings that reach it.
#![allow(clippy::unwrap_used, dead_code)]

pub mod canned;
pub mod child;
pub mod replicated;

use litestream_core::{
    config::{Credentials, S3Config, Secret},
    store::{Body, ByteRange, Key, Object, PutOptions, Store, StoreError, s3::S3Store},
};
use litestream_testkit::s3::{Options, S3Server};

pub const BUCKET: &str = "bucket";

pub fn server() -> S3Server {
    S3Server::start(Options::with_bucket(BUCKET)).unwrap()
}

pub fn config(server: &S3Server) -> S3Config {
    S3Config {
        credentials: Some(Credentials {
            access_key_id: server.access_key_id().into(),
            secret_access_key: Secret::new(server.secret_access_key()),
        }),
        ..config_for(&server.endpoint())
    }
}

/// Any key: the server does not check it.
pub fn config_for(endpoint: &str) -> S3Config {
    S3Config {
        bucket: BUCKET.into(),
        path: "db".into(),
        region: "us-east-1".into(),
        endpoint: Some(endpoint.into()),
        force_path_style: true,
        skip_verify: false,
        credentials: Some(Credentials { access_key_id: "key".into(), secret_access_key: Secret::new("secret") }),
        part_size: 5 << 20,
        concurrency: 5,
        storage_class: None,
    }
}

pub fn bytes(data: impl Into<bytes::Bytes>) -> Body {
    Body::Bytes(data.into())
}

pub async fn put(store: &dyn Store, key: &str, data: &[u8]) {
    store.put(&Key::new(key), bytes(data.to_vec()), PutOptions::default()).await.unwrap();
}

pub async fn get(store: &dyn Store, key: &str, range: ByteRange) -> Result<Vec<u8>, StoreError> {
    let mut chunks = store.get(&Key::new(key), range).await?;
    let mut data = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        data.extend_from_slice(&chunk);
    }
    Ok(data)
}

pub async fn list(store: &dyn Store, prefix: &str) -> Result<Vec<Object>, StoreError> {
    let mut pages = store.list(prefix, None).await?;
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await? {
        objects.extend(page);
    }
    Ok(objects)
}

/// How many objects a store with these settings lists, or why it does not.
pub async fn listing(config: &S3Config) -> String {
    let listed = match S3Store::connect(config) {
        Ok(store) => list(&store, "").await,
        Err(error) => Err(error),
    };
    listed.map_or_else(|error| error.to_string(), |objects| format!("{} objects", objects.len()))
}
