//! A bucket of Amazon S3, or of a compatible store, through the AWS SDK.
//!
//! One HTTP client for each store, with time limits of its own (`http`). Answers are bounded and checked before the
//! SDK sees them (`answer`). The SDK retries passing failures (`retry`); a failure that lasts becomes a
//! [`StoreError`] (`error`).

mod answer;
mod client;
mod config;
mod copy;
mod delete;
mod error;
mod get;
mod head;
mod http;
mod list;
mod multipart;
mod put;
mod quirks;
mod retry;
mod stall_timeout;
mod tls;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    types::{ChecksumAlgorithm, StorageClass},
};

use super::{Body, ByteRange, Chunks, Key, Object, Pages, PutOptions, Store, StoreError};
pub use config::{Credentials, DEFAULT_CONCURRENCY, DEFAULT_PART_SIZE, DEFAULT_REGION, S3Config, SMALLEST_PART};
use error::RequestContext;
use quirks::StoreProvider;

/// Object metadata in which the writer's timestamp is kept, RFC 3339.
const TIMESTAMP: &str = "litestream-timestamp";

const CONTENT_TYPE: &str = "application/octet-stream";

/// A bucket as a store. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct S3Store {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    bucket: String,
    /// Address of the server, for messages.
    endpoint: String,
    provider: StoreProvider,
    storage_class: Option<StorageClass>,
    /// Bytes in each part of a multipart upload; also the size up to which one request writes a file.
    part_size: u64,
    /// Parts in flight for each upload.
    concurrency: usize,
    /// The checksum of an upload's parts, besides the signature. `None` for servers other than Amazon's.
    checksum: Option<ChecksumAlgorithm>,
    /// True once the server has answered that it does not implement `If-None-Match` on writes.
    refuses_conditions: AtomicBool,
}

impl Inner {
    fn location(&self) -> String {
        format!("s3://{}", self.bucket)
    }

    fn context<'a>(&'a self, action: &'static str, key: &'a str) -> RequestContext<'a> {
        RequestContext { bucket: &self.bucket, endpoint: &self.endpoint, action, key }
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Store({} at {})", self.inner.location(), self.inner.endpoint)
    }
}

#[async_trait]
impl Store for S3Store {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
        put::put(&self.inner, key, body, options).await
    }

    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError> {
        Ok(Box::new(get::open(Arc::clone(&self.inner), key.clone(), range).await?))
    }

    async fn head(&self, key: &Key) -> Result<Object, StoreError> {
        head::head(&self.inner, key).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError> {
        Ok(Box::new(list::S3Listing::new(&self.inner, prefix, after)))
    }

    async fn holds_any(&self, prefix: &str) -> Result<bool, StoreError> {
        list::holds_any(&self.inner, prefix).await
    }

    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError> {
        copy::copy(&self.inner, from, to).await
    }

    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        delete::delete(&self.inner, keys).await
    }
}
