//! The settings of one replica in one bucket, with the official defaults.

use crate::secret::Secret;

/// Region of a bucket for which none is configured.
pub const DEFAULT_REGION: &str = "us-east-1";

/// Bytes in each part of a large upload.
pub const DEFAULT_PART_SIZE: u64 = 5 << 20;

/// Least bytes in a part; S3 accepts a smaller one only as the last.
pub const SMALLEST_PART: u64 = 5 << 20;

/// Parts of one upload in flight.
pub const DEFAULT_CONCURRENCY: usize = 5;

/// A bucket, a path inside it, and how to reach it.
#[derive(Clone, Debug, PartialEq)]
pub struct S3Config {
    /// Bucket name, or the ARN of an access point.
    pub bucket: String,
    /// Prefix inside the bucket, without leading or trailing slash unless an existing replica has one.
    pub path: String,
    /// Region for request signatures; empty means [`DEFAULT_REGION`].
    pub region: String,
    /// Address of the server, with its scheme. `None`: AWS.
    pub endpoint: Option<String>,
    /// True puts the bucket into the path of requests, false into the host name.
    pub force_path_style: bool,
    /// True accepts any TLS certificate. Only for tests against a self-signed server.
    pub skip_verify: bool,
    /// Access keys. `None`: the usual AWS chain (environment, profile, instance role).
    pub credentials: Option<Credentials>,
    /// Bytes in each part of a large upload; raised to [`SMALLEST_PART`].
    pub part_size: u64,
    /// Parts of one upload in flight; 0 counts as 1.
    pub concurrency: usize,
    /// Storage class of new objects, such as `STANDARD_IA`. `None`: the bucket's default.
    pub storage_class: Option<String>,
}

impl S3Config {
    /// A bucket at AWS, in its default region, with the credentials that the AWS chain finds.
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

/// A pair of S3 access keys, without a session token.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// Public half of the pair; may appear in server messages.
    pub access_key_id: String,
    /// Signs requests; never sent.
    pub secret_access_key: Secret,
}
