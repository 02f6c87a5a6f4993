//! Messages of the control socket: HTTP/1.1 with JSON bodies on a unix socket, as in official Litestream. The `sync`,
//! `list` and `info` commands of each work with the other's replicator. TXIDs are plain numbers here, as there.

use serde::{Deserialize, Serialize};

/// `POST /sync`: captures now. With `wait`, the reply comes once the store has acknowledged the capture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Database path; the replicator resolves a relative one from its working directory.
    pub path: String,
    /// False replies once the capture is staged on this machine.
    #[serde(default)]
    pub wait: bool,
    /// Seconds; 0 means the server's default (30).
    #[serde(default)]
    pub timeout: u64,
}

/// Reply to [`SyncRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncReply {
    /// `synced` or `no_change`.
    pub status: String,
    /// Absolute database path.
    pub path: String,
    /// Newest captured transaction.
    pub txid: u64,
    /// Newest transaction the store has acknowledged, without a gap before it.
    pub replicated_txid: u64,
}

/// `POST /proof`, not in official Litestream: the live database's checksum at one TXID, read under the read lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProofRequest {
    /// Database path; the replicator resolves a relative one from its working directory.
    pub path: String,
    /// Seconds for the capture and its acknowledgement, not for reading the database between the two; 0 means the
    /// server's default (30).
    #[serde(default)]
    pub timeout: u64,
}

/// Reply to [`ProofRequest`]: content of the live database at `txid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofReply {
    /// Absolute database path.
    pub path: String,
    /// TXID of that content; acknowledged by the store before the reply.
    pub txid: u64,
    /// In bytes.
    pub page_size: u32,
    /// Database size in pages.
    pub commit: u32,
    /// `ltx::DatabaseChecksum` of every page but the lock page, as 16 hex digits.
    pub checksum: String,
}

/// `GET /info`: the replicator process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InfoReply {
    /// Version of the executable.
    pub version: String,
    /// Process id of the replicator.
    pub pid: u32,
    /// Whole seconds since `started_at`.
    pub uptime_seconds: u64,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Configured databases, including missing and failed ones.
    pub database_count: usize,
}

/// `GET /list`: the state of every database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListReply {
    /// Every configured database.
    pub databases: Vec<ListedDatabase>,
}

/// State of one database, as `litestream list` shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListedDatabase {
    /// Absolute database path.
    pub path: String,
    /// `starting`, `replicating`, `error`, `failed` (a task of the database panicked and is restarted), `stopped`.
    pub status: String,
    /// Time of the last acknowledgement by the store, RFC 3339, UTC. `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<String>,
    /// False until the replica's first listing has arrived. The three TXID numbers are 0 until then, because they are
    /// unknown. Absent from official replies, as are the fields below.
    #[serde(default)]
    pub position_known: bool,
    /// Newest captured transaction.
    #[serde(default)]
    pub txid: u64,
    /// Newest transaction acknowledged by the store without a gap before it; 0 before the first.
    #[serde(default)]
    pub replicated_txid: u64,
    /// Captured transactions that the store has not acknowledged.
    #[serde(default)]
    pub lag_txids: u64,
    /// Age in seconds of the oldest capture without an acknowledgement; 0 when nothing is pending. During a start, it
    /// counts from the oldest commit that may be pending; while captures fail, from the first failure.
    #[serde(default)]
    pub lag_seconds: f64,
    /// Current failure as a sentence; `None` while replication works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// [`crate::Error::code`] of that failure, such as `disk_full` or `denied`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}
