//! Messages of the control socket: HTTP/1.1 with JSON bodies on a unix socket, as in official Litestream. So its
//! `sync`,
//! `list` and `info` commands work with our replicator, and ours with official's. TXIDs are plain numbers here, as there.

use serde::{Deserialize, Serialize};

/// `POST /sync`: capture now; with `wait`, answer only once the capture is acknowledged by the store.
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

/// `POST /proof` (ours alone): the checksum of the live database at one TXID, read under the read lock.
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
    /// Acknowledged by the store before this was answered.
    pub txid: u64,
    /// In bytes.
    pub page_size: u32,
    /// Database size in pages.
    pub commit: u32,
    /// `ltx::DatabaseChecksum` of every page but the lock page, as 16 hex digits.
    pub checksum: String,
}

/// `GET /info`.
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

/// `GET /list`.
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
    /// `starting`, `replicating`, `error`, `failed` (a task of the database panicked and is started again), `stopped`.
    pub status: String,
    /// Time of the last acknowledgement by the store, RFC 3339, UTC. `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<String>,
    /// False until the replica's first listing has answered: the three numbers of transactions are 0 then because they are
    /// unknown. Absent from official answers, as are the fields below.
    #[serde(default)]
    pub position_known: bool,
    /// Newest captured transaction.
    #[serde(default)]
    pub txid: u64,
    /// Newest transaction acknowledged by the store without a gap before it; 0 before the first.
    #[serde(default)]
    pub replicated_txid: u64,
    /// Transactions captured that the store has not acknowledged.
    #[serde(default)]
    pub lag_txids: u64,
    /// Age of the oldest capture that the store has not acknowledged, of the oldest commit that may wait while the start is
    /// not finished, or of the first failure where captures fail; 0 when nothing waits.
    #[serde(default)]
    pub lag_seconds: f64,
    /// Current failure as a sentence; `None` while replication works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its code, as errors have them: `disk_full`, `denied`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}
