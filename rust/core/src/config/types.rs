//! Typed settings: what `litestream.yml` means once it is parsed, with the official defaults.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::MaintenanceConfig;
use crate::env::DEFAULT_REGION;

/// Where the official commands look for a control socket.
pub const OFFICIAL_SOCKET: &str = "/var/run/litestream.sock";

pub const DEFAULT_SHUTDOWN_SYNC_TIMEOUT: Duration = Duration::from_secs(30);

/// In bytes.
pub const DEFAULT_PART_SIZE: u64 = 5 << 20;

pub const DEFAULT_CONCURRENCY: usize = 5;

/// The whole configuration of one replicator process.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub databases: Vec<DatabaseConfig>,
    /// The control socket; `None` when switched off.
    pub socket: Option<PathBuf>,
    pub logging: Logging,
    /// How long the last sync may take after SIGTERM.
    pub shutdown_sync_timeout: Duration,
    /// What databases begin with that say nothing of their own.
    pub maintenance: MaintenanceConfig,
    /// Keys that official Litestream reads and we do not act on, by dotted path: their values as JSON, to be rendered,
    /// or `null` where a value has no effect or may be secret.
    pub ignored: BTreeMap<String, String>,
}

impl Config {
    /// With the official defaults, except that there is a socket only if one is given.
    pub fn new(databases: Vec<DatabaseConfig>, socket: Option<PathBuf>) -> Config {
        Config {
            databases,
            socket,
            logging: Logging { level: "info".into(), json: false },
            shutdown_sync_timeout: DEFAULT_SHUTDOWN_SYNC_TIMEOUT,
            maintenance: MaintenanceConfig::default(),
            ignored: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Logging {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    pub json: bool,
}

/// One database and where its replica lies.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseConfig {
    pub path: PathBuf,
    /// `.<file>-litestream/` beside the database unless `meta-path` says otherwise.
    pub meta_path: PathBuf,
    /// How often a database is looked at where the kernel gives no hints of writes. Where it does, hints decide, and a
    /// look without one comes 30 times as rarely.
    pub monitor_interval: Duration,
    pub checkpoint_interval: Duration,
    pub busy_timeout: Duration,
    pub min_checkpoint_pages: u32,
    pub truncate_pages: u32,
    pub queue: QueueBounds,
    /// Longest stretch of WAL that one capture takes, cut at a commit.
    pub max_sync_wal_bytes: u64,
    pub restore_if_absent: bool,
    pub maintenance: MaintenanceConfig,
    pub replica: ReplicaConfig,
}

impl DatabaseConfig {
    /// With the official defaults.
    pub fn new(path: impl Into<PathBuf>, replica: ReplicaConfig) -> DatabaseConfig {
        let path = path.into();
        DatabaseConfig {
            meta_path: DatabaseConfig::default_meta_path(&path),
            path,
            monitor_interval: Duration::from_secs(1),
            checkpoint_interval: Duration::from_secs(60),
            busy_timeout: Duration::from_secs(1),
            min_checkpoint_pages: 1000,
            truncate_pages: 121_359,
            queue: QueueBounds::default(),
            max_sync_wal_bytes: 64 << 20,
            restore_if_absent: false,
            maintenance: MaintenanceConfig::default(),
            replica,
        }
    }

    /// `.<file>-litestream` beside the database.
    pub fn default_meta_path(database: &Path) -> PathBuf {
        let name = database.file_name().unwrap_or_default().to_string_lossy();
        database.with_file_name(format!(".{name}-litestream"))
    }
}

/// When captured files that wait for upload are squashed into one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueBounds {
    pub files: usize,
    /// Or as large as what is squashed already, if that is more.
    pub bytes: u64,
}

impl Default for QueueBounds {
    fn default() -> Self {
        QueueBounds { files: 128, bytes: 64 << 20 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaConfig {
    pub location: Location,
    /// Least time between two uploads under load, and between two captures unless `monitor_interval` is shorter. The
    /// first commit after quiet waits for neither.
    pub sync_interval: Duration,
}

impl ReplicaConfig {
    pub fn new(location: Location) -> ReplicaConfig {
        ReplicaConfig { location, sync_interval: Duration::from_secs(1) }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    S3(S3Config),
    /// A directory; the replica's files go to `<path>/ltx/…`.
    File {
        path: PathBuf,
    },
}

/// For messages: `s3://bucket/path`, with the server where it is not AWS; `file:///path`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File { path } => write!(f, "file://{}", path.display()),
            Location::S3(S3Config { bucket, path, endpoint, .. }) => {
                let path = path.trim_matches('/');
                write!(f, "s3://{bucket}{}{path}", if path.is_empty() { "" } else { "/" })?;
                endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " at {endpoint}"))
            }
        }
    }
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

impl S3Config {
    /// At AWS, in its default region, with whatever credentials the AWS chain finds.
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
