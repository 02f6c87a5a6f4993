//! The parts of a bucket's address.

use std::collections::BTreeMap;

/// An address as its text gives it. `None` leaves a part to a setting or a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Address {
    /// The bucket name, or the ARN of an access point. Never empty once parsed.
    pub bucket: String,
    /// Path as in official Litestream's keys: `.` for `s3://bucket`, empty for `s3://bucket/` and a bare name, else
    /// without slashes at its ends. [`S3Address::prefix`] is the form for joining further names.
    pub path: String,
    /// From the host name, the ARN or the query.
    pub region: Option<String>,
    /// With scheme, without trailing slash.
    pub endpoint: Option<String>,
    /// True puts the bucket into the path of requests, false into the host name.
    pub force_path_style: Option<bool>,
    /// True accepts any TLS certificate.
    pub skip_verify: Option<bool>,
    /// Parts of one upload in flight; at least 1.
    pub concurrency: Option<usize>,
    /// In bytes.
    pub part_size: Option<u64>,
    /// The name of an S3 storage class, such as `STANDARD_IA`. `None`: the bucket's default.
    pub storage_class: Option<String>,
    /// Options, by name, that official Litestream reads and that have no effect here.
    pub ignored: BTreeMap<String, String>,
}

impl S3Address {
    /// The path, empty where there is none.
    pub fn prefix(&self) -> &str {
        if self.path == "." { "" } else { &self.path }
    }
}
