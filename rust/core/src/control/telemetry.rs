//! The dashboard's view of a replicator, and its requests; official Litestream has neither.

use serde::{Deserialize, Serialize};

use super::{InfoReply, ListedDatabase};

/// `GET /telemetry`: the replicator, its databases and recent events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TelemetryReply {
    /// Fields of [`InfoReply`], at the top of the JSON object.
    #[serde(flatten)]
    pub info: InfoReply,
    /// Restarts by the supervisor, 0 at first; absent without a supervisor.
    pub restarts: Option<u32>,
    /// Resident memory in bytes; absent where the system does not report it.
    pub memory_bytes: Option<u64>,
    /// Seconds between two samples of the lag.
    pub sample_seconds: u64,
    /// Every configured database.
    pub databases: Vec<DatabaseTelemetry>,
    /// The newest events, oldest first.
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
    /// Panic or early end of one of the database's tasks; `None` once the restarted task works.
    #[serde(default)]
    pub task_error: Option<String>,
    /// Failure of the last capture; `None` once one succeeds.
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

/// Samples of the last hour, or since the start if that is shorter; oldest first. Both lists have one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LagSamples {
    /// Highest age in seconds of an unacknowledged capture since the previous sample.
    pub seconds: Vec<f32>,
    /// Unacknowledged transactions at the time of the sample.
    pub transactions: Vec<u32>,
}

/// Totals since the replicator's start; all 0 at first.
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
    /// Time of the last occurrence, RFC 3339, UTC.
    pub time: String,
    /// `info`, `warn`, `error`.
    pub level: String,
    /// `started`, `snapshot`, `upload_failed`, …; `other` without a name of its own.
    pub kind: String,
    /// Path of the database; absent for an event of the whole process.
    pub database: Option<String>,
    /// The log message with its fields, without a time stamp.
    pub text: String,
    /// Occurrences in a row; at least 1.
    pub times: u32,
}

/// `POST /snapshot`: replicates all commits, then writes a snapshot of them.
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
    /// `created`, or `no_change` if the newest snapshot is current.
    pub status: String,
    /// Absolute database path.
    pub path: String,
    /// Newest transaction in the snapshot.
    pub txid: u64,
    /// Size of the snapshot file in bytes.
    pub size: u64,
}
