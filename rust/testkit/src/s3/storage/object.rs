//! One stored object and what is kept beside its bytes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::content::Content;
use super::digests::Checksums;

/// Headers and user metadata that come back as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Attributes {
    pub(in crate::s3) content_type: Option<String>,
    pub(in crate::s3) content_encoding: Option<String>,
    pub(in crate::s3) content_language: Option<String>,
    pub(in crate::s3) content_disposition: Option<String>,
    pub(in crate::s3) cache_control: Option<String>,
    /// Names without `x-amz-meta-`, in lower case.
    pub(in crate::s3) metadata: BTreeMap<String, String>,
}

/// The objects of a bucket, by key.
pub(super) type Objects = BTreeMap<String, Arc<Object>>;

/// One version of an object; never changed once stored.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Object {
    pub(in crate::s3) content: Content,
    /// Without quotes.
    pub(in crate::s3) etag: String,
    /// S3 keeps whole seconds.
    pub(in crate::s3) modified: SystemTime,
    pub(in crate::s3) checksums: Checksums,
    pub(in crate::s3) attributes: Attributes,
}

/// An object as a test sees it when it looks into the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectView {
    /// Full key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Milliseconds since 1970.
    pub modified_milliseconds: u64,
    /// As sent by the client; `None` if it was not sent.
    pub content_type: Option<String>,
    /// User metadata; names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

impl Object {
    pub(super) fn view(&self, key: &str) -> ObjectView {
        let since_1970 = self.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        ObjectView {
            key: key.to_owned(),
            size: self.content.size(),
            etag: self.etag.clone(),
            modified_milliseconds: u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX),
            content_type: self.attributes.content_type.clone(),
            metadata: self.attributes.metadata.clone(),
        }
    }
}
