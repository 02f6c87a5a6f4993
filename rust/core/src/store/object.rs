//! Values passed to and from a store.

use std::{fmt, ops::Range, path::PathBuf};

use bytes::Bytes;
use ltx::Timestamp;

/// An object's full name in its store: `/`-separated, no leading slash unless an existing replica has one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Takes the name as it is: nothing is cleaned or escaped.
    pub fn new(name: impl Into<String>) -> Self {
        Key(name.into())
    }

    /// The name as the store knows it.
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
    /// Full name, prefix included.
    pub key: Key,
    /// In bytes.
    pub size: u64,
    /// Write time as the store reports it. From [`Store::head`](super::Store::head), the writer's own timestamp if
    /// there is one.
    pub modified_at: Timestamp,
}

/// The content to write.
#[derive(Clone, Debug)]
pub enum Body {
    /// Content in memory; sent with one request.
    Bytes(Bytes),
    /// A whole file of this many bytes; large ones go in parts, so that memory stays bounded.
    File {
        /// File to read; it must not change until the write returns.
        path: PathBuf,
        /// Expected size in bytes; a file of another size is refused.
        size: u64,
    },
}

/// Options of a write. By default there is no timestamp, and an existing object is replaced.
#[derive(Clone, Copy, Debug, Default)]
pub struct PutOptions {
    /// Writer's timestamp, kept as metadata on S3 and as modification time on disk. `None`: the store's own time.
    pub timestamp: Option<Timestamp>,
    /// Refuses with [`StoreError::AlreadyExists`](super::StoreError::AlreadyExists) if the key is taken. A store that
    /// ignores the condition overwrites.
    pub only_if_absent: bool,
}

/// Bytes `start..end` of an object, exactly; `end: None` reads to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset after the last byte.
    pub end: Option<u64>,
}

impl ByteRange {
    /// The whole object, however large.
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
