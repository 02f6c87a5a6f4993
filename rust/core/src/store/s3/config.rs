//! The settings of one replica in one bucket, with the official defaults.

use crate::secret::Secret;

pub const DEFAULT_REGION: &str = "us-east-1";

/// In bytes.
pub const DEFAULT_PART_SIZE: u64 = 5 << 20;

/// In bytes: S3 takes no smaller part but the last.
pub const SMALLEST_PART: u64 = 5 << 20;

pub const DEFAULT_CONCURRENCY: usize = 5;

/// A bucket, a path inside it, and how to reach it.
#[derive(Clone, Debug, PartialEq)]
pub struct S3Config {
    pub bucket: String,
    /// Prefix inside the bucket, without leading or trailing slash unless an existing replica has one.
    pub path: String,
    pub region: String,
    /// `None`: AWS.
    pub endpoint: Option<String>,
    pub force_path_style: bool,
    /// Accept any TLS certificate. Only for tests against a self-signed server.
    pub skip_verify: bool,
    /// `None`: the usual AWS chain (environment, profile, instance role).
    pub credentials: Option<Credentials>,
    pub part_size: u64,
    pub concurrency: usize,
    pub storage_class: Option<String>,
}

impl S3Config {
    /// At AWS, in its default region, with the credentials that the AWS chain finds.
    pub fn new(bucket: impl Into<String>, path: impl Into<String>) -> S3Config {
        S3Config {
            bucket: bucket.into(),
            path: path.into(),
            region: DEFAULT_REGION.into(),
            endpoint: None,
            force_path_style: false,
            skip_verify: false,
            credentials: None,
            part_size: DEFAULT_PART_SIZE,
            concurrency: DEFAULT_CONCURRENCY,
            storage_class: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
}
