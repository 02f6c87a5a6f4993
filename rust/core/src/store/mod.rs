//! Object stores: a bucket or a directory behind one small trait. Memory, file and S3 implement it, and pass the suite
//! `conformance`. The store in memory and the suite are for tests: feature `testing`.
//!
//! Own trait instead of `object_store`: S3 stays on `aws-sdk-s3`, and the store of files keeps the writer's timestamp and
//! fsyncs each file and folder.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod error;
pub mod file;
mod listing;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod s3;

use std::{fmt, ops::Range, path::PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use ltx::Timestamp;

pub use error::StoreError;
pub use s3::{Credentials, DEFAULT_CONCURRENCY, DEFAULT_PART_SIZE, DEFAULT_REGION, S3Config, SMALLEST_PART};

/// An object's full name in its store: `/`-separated, no leading slash unless an existing replica has one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    pub fn new(name: impl Into<String>) -> Self {
        Key(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// One object as a listing or a head shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub key: Key,
    pub size: u64,
    /// When the store says the object was written. In [`Store::head`] the writer's own timestamp wins where it left one.
    pub modified_at: Timestamp,
}

/// The content to write.
#[derive(Clone, Debug)]
pub enum Body {
    Bytes(Bytes),
    /// A whole file of this many bytes; large ones go in parts, so that memory stays bounded.
    File {
        path: PathBuf,
        size: u64,
    },
}

/// How to write it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PutOptions {
    /// Kept with the object: as metadata on S3, as modification time on disk.
    pub timestamp: Option<Timestamp>,
    /// Refuse with [`StoreError::AlreadyExists`] where the key is taken. A store that ignores the condition
    /// overwrites; `doctor` tells which do.
    pub only_if_absent: bool,
}

/// Bytes `start..end` of an object, exactly; `end: None` reads to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteRange {
    pub start: u64,
    pub end: Option<u64>,
}

impl ByteRange {
    pub const ALL: ByteRange = ByteRange { start: 0, end: None };

    /// The bytes this names in an object of `size` bytes. `None` where the object does not hold them all, or where
    /// the range is empty. The whole of an empty object is no range, yet can be read.
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        let end = self.end.unwrap_or(size);
        let readable = self.start < end && end <= size;
        (readable || (self == ByteRange::ALL && size == 0)).then_some(self.start..end)
    }
}

impl fmt::Display for ByteRange {
    /// As `start..end`, or `start..`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            Some(end) => write!(f, "{}..{end}", self.start),
            None => write!(f, "{}..", self.start),
        }
    }
}

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

/// A place for objects. Every method may be called from many tasks at once.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Where this is, for messages: `s3://bucket`, `file:///dir`. No secrets.
    fn location(&self) -> String;

    /// Writes the whole object or nothing.
    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError>;

    /// [`StoreError::NotFound`] where the key is absent; a range that is empty, or that the object does not hold in
    /// full, is an error.
    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError>;

    async fn head(&self, key: &Key) -> Result<Object, StoreError>;

    /// Keys that begin with `prefix` and sort after `after`, if given. A prefix without objects lists nothing; a missing
    /// bucket is an error.
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

    /// Makes `to` the same object as `from`, timestamp included, without moving its bytes through this machine if the
    /// store can. Replaces what is there. Objects above 5 GiB may be refused.
    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError>;

    /// Keys already absent are not an error. Not atomic: after a failure any subset may be gone.
    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError>;
}
