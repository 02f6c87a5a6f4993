//! The dashboard's view of a replicator, and its requests; official Litestream has neither.

use serde::{Deserialize, Serialize};

use super::{InfoReply, ListedDatabase};

/// `GET /telemetry`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TelemetryReply {
    /// Fields of [`InfoReply`], at the top of the JSON object.
    #[serde(flatten)]
    pub info: InfoReply,
    /// How often the supervisor has started it again; absent without one.
    pub restarts: Option<u32>,
    /// Resident; absent where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Between two samples of the lag.
    pub sample_seconds: u64,
    /// Every configured database.
    pub databases: Vec<DatabaseTelemetry>,
    /// The newest ones, oldest first.
    pub events: Vec<ReplicatorEvent>,
}

/// State, lag history and counters of one database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DatabaseTelemetry {
    /// Fields of [`ListedDatabase`], at the top of the JSON object.
    #[serde(flatten)]
    pub listed: ListedDatabase,
    /// `starting`, `no_database`, `replicating`, `failed`, `stopped`.
    pub phase: String,
    /// The panic or early end of one of the database's tasks, until that task works again after its restart.
    #[serde(default)]
    pub task_error: Option<String>,
    /// The failures of captures, of uploads, and of compaction.
    pub capture_error: Option<String>,
    /// Failure of the last upload; `None` once one succeeds.
    pub upload_error: Option<String>,
    /// Failure of compaction, snapshots or retention; `None` once they succeed.
    pub maintenance_error: Option<String>,
    /// Lag of the last hour.
    pub lag: LagSamples,
    /// Uploads since the replicator's start.
    pub counters: Counters,
}

/// Samples of the last hour or since the start, oldest first, both of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LagSamples {
    /// The highest age of a capture that the store lacked, since the sample before.
    pub seconds: Vec<f32>,
    /// How many transactions it lacked.
    pub transactions: Vec<u32>,
}

/// Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Files of level 0 that the store acknowledged.
    pub uploads: u64,
    /// Their size in bytes, as stored.
    pub uploaded_bytes: u64,
    /// Failed attempts, each retry included.
    pub failures: u64,
}

/// One line of the dashboard's event list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicatorEvent {
    /// RFC 3339, UTC; of the last of several.
    pub time: String,
    /// `info`, `warn`, `error`.
    pub level: String,
    /// `started`, `snapshot`, `upload_failed`, …; `other` for what has no name.
    pub kind: String,
    /// Absent where it concerns the whole process.
    pub database: Option<String>,
    /// The log message with its fields, without a time stamp.
    pub text: String,
    /// How often it came without another between.
    pub times: u32,
}

/// `POST /snapshot`: replicate what is committed, then write a snapshot of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotRequest {
    /// Database path; the replicator resolves a relative one from its working directory.
    pub path: String,
    /// Seconds; 0 means the server's default (30).
    #[serde(default)]
    pub timeout: u64,
}

/// Reply to [`SnapshotRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotReply {
    /// `created`, or `no_change` where the newest snapshot has everything.
    pub status: String,
    /// Absolute database path.
    pub path: String,
    /// Newest transaction in the snapshot.
    pub txid: u64,
    /// Size of the snapshot file in bytes.
    pub size: u64,
}
