//! Errors of the core, one variant for each decision that a caller can take. A message says what went wrong, where,
//! and what to do.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use ltx::Txid;

use crate::store::StoreError;

/// Result of a fallible operation of the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Failure of an operation of the core. [`Error::code`] names it for Ruby and JSON; the executable ends with
/// [`Error::exit_status`]. No part of it carries a secret. A clone is complete, so several callers can get the same
/// failure.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, an argument or a path is invalid. Nothing was started.
    #[error("{place}: {problem}")]
    Config {
        /// Key, file position or command-line option at fault.
        place: String,
        /// The mistake; never repeats a secret.
        problem: String,
    },

    /// Replication is configured by environment alone, and required variables are unset or blank.
    #[error("missing environment variables: {}; set them, or set config.litestream.enabled = false", names.join(", "))]
    MissingEnvironment {
        /// All missing variables, never empty.
        names: Vec<&'static str>,
    },

    /// The store answers and holds no file of the replica.
    #[error("no replica at {location}: nothing has been replicated there; check bucket and path")]
    NoReplica {
        /// The replica, as in `s3://bucket/path`.
        location: String,
    },

    /// Litestream 0.3 wrote the only replica there. Differs from [`Error::NoReplica`]: a caller that skips an empty
    /// replica would begin with an empty database.
    #[error(
        "{location} holds a replica of Litestream 0.3, which this version cannot read; nothing of it is lost: restore it \
         with official Litestream 0.3.13 (litestream restore -o FILE DB_PATH) and put that file in the database's place"
    )]
    LegacyReplica {
        /// The replica, as in `s3://bucket/path`.
        location: String,
    },

    /// A request to the bucket or directory failed.
    #[error(transparent)]
    Store(StoreError),

    /// A checksum, a gap or SQLite's own check shows damage.
    #[error("{what} is corrupt: {problem}")]
    Corrupt {
        /// The damaged file, replica or database.
        what: String,
        /// The damage found.
        problem: String,
    },

    /// The replica is sound but does not hold the requested state.
    #[error("cannot restore {target} from {location}: {problem}")]
    TargetUnavailable {
        /// The requested state, as [`crate::restore::Target`] prints it.
        target: String,
        /// The replica, as in `s3://bucket/path`.
        location: String,
        /// The nearest states that can be restored.
        problem: String,
    },

    /// A restore found a file under its output's name (G5).
    #[error("{} already exists; move it away or pass --force, which keeps it under another name", path.display())]
    TargetExists {
        /// The existing database, or its `-wal`, `-shm` or `-journal`.
        path: PathBuf,
    },

    /// Another process replicates this database, or another writer writes this replica.
    #[error("{what} is in use by {holder}")]
    Conflict {
        /// The database, replica or socket in use.
        what: String,
        /// The other process or writer, as far as it is known.
        holder: String,
    },

    /// The replica does not restore to the live database (G7).
    #[error("verification of {database} failed{}: {problem}", at(txid))]
    VerificationFailed {
        /// Path of the live database.
        database: String,
        /// Transaction that was compared; `None` if the verification failed earlier.
        txid: Option<Txid>,
        /// The difference, or the reason why the replica cannot be restored.
        problem: String,
    },

    /// The control socket is absent or silent.
    #[error("no replicator answers at {}; is the server running?", socket.display())]
    NotRunning {
        /// Path of the control socket; empty in the reply of a replicator that is shutting down.
        socket: PathBuf,
    },

    /// The replicator answered but did not accept the request, or the reply is unreadable.
    #[error("the replicator refused {request}: {problem}")]
    Refused {
        /// The request, as in `sync of app.sqlite3`.
        request: String,
        /// The reason given.
        problem: String,
    },

    /// A failure reported by another process. This version may not know its code.
    #[error("{message}")]
    Reported {
        /// The other process's [`Error::code`].
        code: String,
        /// The other process's [`Error::exit_status`]; never 0.
        exit_status: u8,
        /// The other process's [`Error::is_retryable`]; false if it gave none.
        is_retryable: bool,
        /// The complete sentence.
        message: String,
    },

    /// The time limit of a request passed.
    #[error("{what} did not finish within {} s{}", after.as_secs_f32(), because(cause))]
    Timeout {
        /// The unfinished work, as in `sync of app.sqlite3`.
        what: String,
        /// The time limit.
        after: Duration,
        /// The failure that persisted until then, if one is known.
        cause: Option<Arc<Error>>,
    },

    /// The caller or the process stopped the work. It took no effect, or a repeated call completes it.
    #[error("cancelled")]
    Cancelled,

    /// An object with threads was used after a fork.
    #[error("{what} belongs to process {owner}, from which this one was forked")]
    Forked {
        /// The object.
        what: String,
        /// Process id of its creator.
        owner: u32,
    },

    /// The executable is not installed, or the file is not executable.
    #[error("executable {name} not found in {}", searched.join(", "))]
    ExecutableNotFound {
        /// File name of the executable.
        name: String,
        /// Paths tried, each with the variable that led there.
        searched: Vec<String>,
    },

    /// SQLite returned an error, or the file is not a database.
    #[error("database {}: {problem}", path.display())]
    Database {
        /// Path of the database.
        path: PathBuf,
        /// The failed action and the error.
        problem: String,
    },

    /// The operating system refused an operation on a file.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// A verb for the message, as in `read`.
        action: &'static str,
        /// The file, folder or socket.
        path: PathBuf,
        /// The system's error.
        source: Arc<io::Error>,
    },

    /// A write failed for lack of disk space or quota. Replication resumes once there is space.
    #[error("no space is left on the disk of {}: free some; pending work then resumes by itself", path.display())]
    DiskFull {
        /// A file or folder on the full disk.
        path: PathBuf,
    },

    /// A defect of this software. The text names the broken assumption.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

fn at(txid: &Option<Txid>) -> String {
    txid.map(|txid| format!(" at TXID {txid}")).unwrap_or_default()
}

fn because(cause: &Option<Arc<Error>>) -> String {
    cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default()
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull { path } => Error::DiskFull { path },
            error => Error::Store(error),
        }
    }
}

impl Error {
    /// Maps an I/O error at `path`, as in `map_err(Error::io("read", &path))`. A full disk becomes
    /// [`Error::DiskFull`].
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull { path },
            _ => Error::Io { action, path, source: Arc::new(source) },
        }
    }

    /// A stable name: Ruby maps it to a class, and JSON carries it.
    pub fn code(&self) -> &str {
        match self {
            Error::Config { .. } => "config",
            Error::MissingEnvironment { .. } => "missing_environment",
            Error::NoReplica { .. } => "no_replica",
            Error::LegacyReplica { .. } => "legacy_replica",
            Error::Store(error) => error.code(),
            Error::Corrupt { .. } => "corrupt",
            Error::TargetUnavailable { .. } => "target_unavailable",
            Error::TargetExists { .. } => "target_exists",
            Error::Conflict { .. } => "conflict",
            Error::VerificationFailed { .. } => "verification_failed",
            Error::NotRunning { .. } => "not_running",
            Error::Refused { .. } => "refused",
            Error::Reported { code, .. } => code,
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

    /// Exit status of the executable and the rake tasks. G6: "no replica", "a replica of Litestream 0.3", "unreachable
    /// or denied" and "corrupt" differ, so that a boot script can distinguish an empty bucket from an outage.
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
            Error::DiskFull { .. } => 12,
            Error::LegacyReplica { .. } => 13,
            Error::ExecutableNotFound { .. } => 127,
            Error::Cancelled => 130,
            Error::Reported { exit_status, .. } => *exit_status,
            Error::Forked { .. }
            | Error::Refused { .. }
            | Error::Database { .. }
            | Error::Io { .. }
            | Error::Internal(_) => 1,
        }
    }

    /// True if a later attempt may succeed without a change. Ruby exposes it as `Litestream::Error#retryable?`.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Store(error) => error.is_retryable(),
            Error::NotRunning { .. } | Error::Timeout { .. } => true,
            Error::Reported { is_retryable, .. } => *is_retryable,
            _ => false,
        }
    }

    /// True if the replica may differ from its manifest: the request may have taken effect, or an object is
    /// unexpectedly present or absent. The replica must be listed again.
    pub fn leaves_replica_unknown(&self) -> bool {
        let Error::Store(error) = self else { return false };
        error.may_have_taken_effect() || error.is_not_found() || error.is_already_exists()
    }

    /// True if a time limit passed, here or in the process that reported it.
    pub fn is_timeout(&self) -> bool {
        self.code() == "timeout"
    }

    /// True if no replicator answers, or the one that answered is shutting down. The next one may serve the request.
    pub fn is_not_running(&self) -> bool {
        self.code() == "not_running"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_says_the_same_as_the_original() {
        let io = Error::io("read", "/data/app.sqlite3")(io::Error::from_raw_os_error(5));
        let slow = Error::Timeout {
            what: "sync".into(),
            after: Duration::from_secs(3),
            cause: Some(Arc::new(Error::DiskFull { path: "/data".into() })),
        };
        assert!(slow.to_string().starts_with("sync did not finish within 3 s: no space is left"), "{slow}");
        for error in [io, slow, Error::NotRunning { socket: "socket".into() }, Error::Internal("a fault".into())] {
            let copy = error.clone();
            let facts = |error: &Error| (error.to_string(), error.code().to_owned(), error.exit_status());
            assert_eq!(facts(&copy), facts(&error));
        }
    }
}
