//! The dashboard's view of a replicator, and its requests; official Litestream has neither.

use serde::{Deserialize, Serialize};

use super::{InfoReply, ListedDatabase};

/// `GET /telemetry`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TelemetryReply {
    #[serde(flatten)]
    pub info: InfoReply,
    /// How often the supervisor has started it again; absent without one.
    pub restarts: Option<u32>,
    /// Resident; absent where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Between two samples of the lag.
    pub sample_seconds: u64,
    pub databases: Vec<DatabaseTelemetry>,
    /// The newest ones, oldest first.
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DatabaseTelemetry {
    #[serde(flatten)]
    pub listed: ListedDatabase,
    /// `starting`, `no_database`, `replicating`, `failed`, `stopped`.
    pub phase: String,
    /// The panic or early end of one of the database's tasks, until that task works again after its restart.
    #[serde(default)]
    pub task_error: Option<String>,
    /// The failures of captures, of uploads, and of compaction.
    pub capture_error: Option<String>,
    pub upload_error: Option<String>,
    pub maintenance_error: Option<String>,
    pub lag: LagSamples,
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
    pub uploads: u64,
    pub uploaded_bytes: u64,
    pub failures: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// RFC 3339, UTC; of the last of several.
    pub time: String,
    /// `info`, `warn`, `error`.
    pub level: String,
    /// `started`, `snapshot`, `upload_failed`, …; `other` for what has no name.
    pub kind: String,
    /// Absent where it concerns the whole process.
    pub database: Option<String>,
    pub text: String,
    /// How often it came without another between.
    pub times: u32,
}

/// `POST /snapshot`: replicate what is committed, then write a snapshot of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotRequest {
    pub path: String,
    /// Seconds; 0 means the server's default (30).
    #[serde(default)]
    pub timeout: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotReply {
    /// `created`, or `no_change` where the newest snapshot has everything.
    pub status: String,
    pub path: String,
    pub txid: u64,
    pub size: u64,
}
