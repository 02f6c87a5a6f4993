//! The umbrella error: what went wrong, where, and what to do. One variant for each decision a caller can take.

use std::{io, path::PathBuf, time::Duration};

use ltx::Txid;

use crate::store::StoreError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of the core. [`Error::code`] names it for Ruby and JSON; [`Error::exit_status`] is what the
/// executable ends with. Neither carries a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{place}: {problem}")]
    Config { place: String, problem: String },

    #[error("missing environment variables: {}; set them, or set config.litestream.enabled = false", names.join(", "))]
    MissingEnvironment { names: Vec<&'static str> },

    #[error("no replica at {location}: nothing has been replicated there; check bucket and path")]
    NoReplica { location: String },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("{what} is corrupt: {problem}")]
    Corrupt { what: String, problem: String },

    /// The replica is sound but holds no state for what was asked.
    #[error("cannot restore {target} from {location}: {problem}")]
    TargetUnavailable { target: String, location: String, problem: String },

    #[error("{} already exists; move it away or pass --force, which keeps it under another name", path.display())]
    TargetExists { path: PathBuf },

    /// Somebody else already replicates this database, or writes this replica.
    #[error("{what} is in use by {holder}")]
    Conflict { what: String, holder: String },

    #[error("verification of {database} failed{}: {problem}", at(txid))]
    VerificationFailed { database: String, txid: Option<Txid>, problem: String },

    #[error("no replicator answers at {}; is the server running?", socket.display())]
    NotRunning { socket: PathBuf },

    #[error("the replicator refused {request}: {problem}")]
    Refused { request: String, problem: String },

    #[error("{what} did not finish within {} s", after.as_secs_f32())]
    Timeout { what: String, after: Duration },

    #[error("cancelled")]
    Cancelled,

    /// What has threads does not survive a fork.
    #[error("{what} belongs to process {owner}, from which this one was forked")]
    Forked { what: String, owner: u32 },

    #[error("executable {name} not found in {}", searched.join(", "))]
    ExecutableNotFound { name: String, searched: Vec<String> },

    /// SQLite refused, or the file is no database.
    #[error("database {}: {problem}", path.display())]
    Database { path: PathBuf, problem: String },

    #[error("{action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    #[error("no space is left on the disk of {}: free some; what waits for it goes on by itself then", path.display())]
    DiskFull { path: PathBuf },

    #[error("internal error: {0}; please report it")]
    Internal(String),
}

fn at(txid: &Option<Txid>) -> String {
    txid.map(|txid| format!(" at TXID {txid}")).unwrap_or_default()
}

impl Error {
    /// `map_err(Error::io("read", &path))`
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull { path },
            _ => Error::Io { action, path, source },
        }
    }

    /// A stable name: Ruby maps it to a class, JSON carries it.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Config { .. } => "config",
            Error::MissingEnvironment { .. } => "missing_environment",
            Error::NoReplica { .. } => "no_replica",
            Error::Store(error) => error.code(),
            Error::Corrupt { .. } => "corrupt",
            Error::TargetUnavailable { .. } => "target_unavailable",
            Error::TargetExists { .. } => "target_exists",
            Error::Conflict { .. } => "conflict",
            Error::VerificationFailed { .. } => "verification_failed",
            Error::NotRunning { .. } => "not_running",
            Error::Refused { .. } => "refused",
            Error::Timeout { .. } => "timeout",
            Error::Cancelled => "cancelled",
            Error::Forked { .. } => "forked",
            Error::ExecutableNotFound { .. } => "executable_not_found",
            Error::Database { .. } => "database",
            Error::Io { .. } => "io",
            Error::DiskFull { .. } => "disk_full",
            Error::Internal(_) => "internal",
        }
    }

    /// Exit status of the executable and the rake tasks. G6: "no replica", "unreachable or denied" and "corrupt"
    /// differ, so that a boot script can tell an empty bucket from an outage.
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Config { .. } | Error::MissingEnvironment { .. } => 2,
            Error::NoReplica { .. } => 3,
            Error::Store(_) => 4,
            Error::Corrupt { .. } => 5,
            Error::TargetUnavailable { .. } => 6,
            Error::TargetExists { .. } => 7,
            Error::Conflict { .. } => 8,
            Error::VerificationFailed { .. } => 9,
            Error::NotRunning { .. } => 10,
            Error::Timeout { .. } => 11,
            Error::ExecutableNotFound { .. } => 127,
            Error::Cancelled => 130,
            Error::Forked { .. }
            | Error::Refused { .. }
            | Error::Database { .. }
            | Error::Io { .. }
            | Error::DiskFull { .. }
            | Error::Internal(_) => 1,
        }
    }
}
