//! Multipart uploads in progress. They live as long as the server runs.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::content::Content;
use super::digests::{Algorithm, Checksums};
use super::object::Attributes;

/// One upload.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Upload {
    pub(in crate::s3) bucket: String,
    pub(in crate::s3) key: String,
    pub(in crate::s3) initiated: SystemTime,
    pub(in crate::s3) attributes: Attributes,
    /// The checksum the client wants for the whole.
    pub(in crate::s3) algorithm: Option<Algorithm>,
    /// The checksum covers the bytes, not the parts' checksums.
    pub(in crate::s3) full_object: bool,
    pub(in crate::s3) parts: BTreeMap<i32, Part>,
}

/// One part, as it will be joined.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Part {
    pub(in crate::s3) content: Content,
    pub(in crate::s3) md5: [u8; 16],
    pub(in crate::s3) checksums: Checksums,
    pub(in crate::s3) modified: SystemTime,
}

impl Part {
    /// Without quotes.
    pub(in crate::s3) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}
