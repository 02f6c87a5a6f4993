//! Typed settings: what `litestream.yml` means once it is parsed, with the official defaults.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

/// The whole configuration of one replicator process.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub databases: Vec<DatabaseConfig>,
    /// The control socket; `None` when switched off.
    pub socket: Option<PathBuf>,
    pub logging: Logging,
    /// How long the last sync may take after SIGTERM.
    pub shutdown_sync_timeout: Duration,
    /// Keys that official Litestream reads and we do not act on yet, by dotted path: reported, kept for rendering.
    pub ignored: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Logging {
    pub level: String,
    pub json: bool,
}

/// One database and where its replica lies.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseConfig {
    pub path: PathBuf,
    /// `.<file>-litestream/` beside the database unless `meta-path` says otherwise.
    pub meta_path: PathBuf,
    pub monitor_interval: Duration,
    pub checkpoint_interval: Duration,
    pub busy_timeout: Duration,
    pub min_checkpoint_pages: u32,
    pub truncate_pages: u32,
    /// Longest stretch of WAL that one capture takes, cut at a commit.
    pub max_sync_wal_bytes: u64,
    pub restore_if_absent: bool,
    pub replica: ReplicaConfig,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaConfig {
    pub location: Location,
    /// Least time between two uploads under load.
    pub sync_interval: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    S3(S3Config),
    /// A directory; the replica's files go to `<path>/ltx/…`.
    File {
        path: PathBuf,
    },
}

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

#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
}

/// A value that prints as `[redacted]` everywhere (G10).
#[derive(Clone, PartialEq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, for signing only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
