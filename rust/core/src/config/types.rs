//! Typed settings, with the official defaults.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{location::Location, maintenance::MaintenanceConfig, official::OfficialKeys};

/// The control socket of the official commands.
pub const OFFICIAL_SOCKET: &str = "/var/run/litestream.sock";

/// Default of [`Config::shutdown_sync_timeout`], as in official Litestream.
pub const DEFAULT_SHUTDOWN_SYNC_TIMEOUT: Duration = Duration::from_secs(30);

/// Default of [`DatabaseConfig::truncate_pages`]: 474 MiB of WAL with pages of 4 KiB.
pub const DEFAULT_TRUNCATE_PAGES: u32 = 121_359;

/// The whole configuration of one replicator process.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// In the order of the file. Paths, state folders and replicas are each distinct.
    pub databases: Vec<DatabaseConfig>,
    /// The control socket; `None` when switched off.
    pub socket: Option<PathBuf>,
    /// Log settings of the replicator process.
    pub logging: Logging,
    /// Longest time for the last sync after SIGTERM.
    pub shutdown_sync_timeout: Duration,
    /// Defaults of every database.
    pub maintenance: MaintenanceConfig,
    /// Keys at the top of the file that only the official executable reads; empty without any.
    pub official: OfficialKeys,
    /// Keys of the file without effect, each with its position.
    pub warnings: Vec<String>,
}

impl Config {
    /// The official defaults, except that there is a socket only if one is given.
    pub fn new(databases: Vec<DatabaseConfig>, socket: Option<PathBuf>) -> Config {
        Config {
            databases,
            socket,
            logging: Logging::default(),
            shutdown_sync_timeout: DEFAULT_SHUTDOWN_SYNC_TIMEOUT,
            maintenance: MaintenanceConfig::default(),
            official: OfficialKeys::new(),
            warnings: Vec::new(),
        }
    }

    /// Removes the keys that our own executable would only warn about again.
    pub fn without_official_keys(mut self) -> Config {
        self.official.clear();
        self.logging.official.clear();
        for database in &mut self.databases {
            database.replica.official.clear();
        }
        self
    }
}

/// The replicator's log, which goes to standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct Logging {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// True writes one JSON object per line, false plain text (the default).
    pub json: bool,
    /// Keys of `logging` that only the official executable reads.
    pub official: OfficialKeys,
}

impl Default for Logging {
    fn default() -> Self {
        Logging { level: "info".into(), json: false, official: OfficialKeys::new() }
    }
}

/// One database and its replica.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseConfig {
    /// Absolute path of the database file, which may not exist yet.
    pub path: PathBuf,
    /// State folder: `.<file>-litestream/` next to the database unless `meta-path` is set.
    pub meta_path: PathBuf,
    /// Time between two polls where the kernel does not report writes; 1 second by default. Where it does, a safety
    /// poll runs every 30 intervals.
    pub monitor_interval: Duration,
    /// Age of uncheckpointed commits that triggers a checkpoint below `min_checkpoint_pages`.
    /// Zero checkpoints after each capture; 1 minute by default.
    pub checkpoint_interval: Duration,
    /// Longest wait for a lock that the application holds; 1 second by default.
    pub busy_timeout: Duration,
    /// Frames in the WAL that trigger a checkpoint; 1000 by default.
    pub min_checkpoint_pages: u32,
    /// Frames in the WAL that trigger a TRUNCATE checkpoint; `u32::MAX` never does.
    pub truncate_pages: u32,
    /// Size of the upload queue above which staged files are squashed.
    pub queue: QueueBounds,
    /// Most bytes of WAL in one capture, which ends at a commit; 64 MiB by default.
    pub max_sync_wal_bytes: u64,
    /// Key `restore-if-db-not-exists`. True restores a missing database before its replication starts.
    pub restore_if_absent: bool,
    /// Compaction, snapshots and retention of this database's replica.
    pub maintenance: MaintenanceConfig,
    /// Destination of the uploads.
    pub replica: ReplicaConfig,
}

impl DatabaseConfig {
    /// The official defaults for everything but path and replica.
    pub fn new(path: impl Into<PathBuf>, replica: ReplicaConfig) -> DatabaseConfig {
        let path = path.into();
        DatabaseConfig {
            meta_path: DatabaseConfig::default_meta_path(&path),
            path,
            monitor_interval: Duration::from_secs(1),
            checkpoint_interval: Duration::from_secs(60),
            busy_timeout: Duration::from_secs(1),
            min_checkpoint_pages: 1000,
            truncate_pages: DEFAULT_TRUNCATE_PAGES,
            queue: QueueBounds::default(),
            max_sync_wal_bytes: 64 << 20,
            restore_if_absent: false,
            maintenance: MaintenanceConfig::default(),
            replica,
        }
    }

    /// `.<file>-litestream` next to the database.
    pub fn default_meta_path(database: &Path) -> PathBuf {
        let name = database.file_name().unwrap_or_default().to_string_lossy();
        database.with_file_name(format!(".{name}-litestream"))
    }
}

/// Size of the upload queue above which queued files are squashed into one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueBounds {
    /// Queued files since the last squash; 128 by default.
    pub files: usize,
    /// Bytes in those files, or the size of the squashed files if that is more; 64 MiB by default.
    pub bytes: u64,
}

impl Default for QueueBounds {
    fn default() -> Self {
        QueueBounds { files: 128, bytes: 64 << 20 }
    }
}

/// Location and pace of one replica.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaConfig {
    /// A bucket or a directory; the replica's keys begin there.
    pub location: Location,
    /// Least time between two uploads under load, and between two captures unless `monitor_interval` is shorter. The
    /// first commit after a quiet period waits for neither. 1 second by default.
    pub sync_interval: Duration,
    /// Keys of the replica that only the official executable reads.
    pub official: OfficialKeys,
}

impl ReplicaConfig {
    /// Uploads once per second at most.
    pub fn new(location: Location) -> ReplicaConfig {
        ReplicaConfig { location, sync_interval: Duration::from_secs(1), official: OfficialKeys::new() }
    }
}
