//! Object stores: a bucket or a directory behind one small trait. Memory, file and S3 implement it, and pass the suite
//! `conformance`. The store in memory and the suite are for tests: feature `testing`.
//!
//! Own trait instead of `object_store`: S3 stays on `aws-sdk-s3`, and the file store keeps the writer's timestamp and
//! fsyncs each file and folder.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod error;
pub mod file;
mod listing;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
mod object;
pub mod s3;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

pub use error::StoreError;
pub use object::{Body, ByteRange, Key, Object, PutOptions};
pub use s3::{Credentials, DEFAULT_CONCURRENCY, DEFAULT_PART_SIZE, DEFAULT_REGION, S3Config, SMALLEST_PART};

/// An object's bytes, in order, as they arrive.
#[async_trait]
pub trait Chunks: Send {
    /// The next bytes, never empty; `None` once all were read. A body that ends early is an error.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError>;
}

/// A listing, page by page, in ascending key order.
#[async_trait]
pub trait Pages: Send {
    /// The next objects; `None` at the end. A page may be empty.
    async fn next(&mut self) -> Result<Option<Vec<Object>>, StoreError>;
}

/// Storage for objects. Every method may be called from many tasks at once.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Name of the store for messages: `s3://bucket`, `file:///dir`. Holds no secret.
    fn location(&self) -> String;

    /// Writes the whole object or nothing.
    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError>;

    /// Reads a range of an object. [`StoreError::NotFound`] if the key is absent. A range that is empty, or that the
    /// object does not hold in full, is an error.
    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError>;

    /// Size and time of one object. [`StoreError::NotFound`] where the key is absent.
    async fn head(&self, key: &Key) -> Result<Object, StoreError>;

    /// Lists keys that begin with `prefix` and sort after `after`, if given. A prefix without objects lists nothing; a
    /// missing bucket is an error.
    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError>;

    /// True if any key begins with `prefix`.
    async fn holds_any(&self, prefix: &str) -> Result<bool, StoreError> {
        let mut pages = self.list(prefix, None).await?;
        while let Some(page) = pages.next().await? {
            if !page.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes `to` the same object as `from`, timestamp included. If the store can, the bytes do not pass through this
    /// machine. Replaces an existing object. Objects above 5 GiB may be refused.
    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError>;

    /// Deletes objects. Absent keys are not an error. Not atomic: after a failure any subset may be gone.
    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError>;
}
