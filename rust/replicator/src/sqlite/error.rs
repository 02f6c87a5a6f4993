//! From SQLite's errors to ours.

use std::path::Path;

use litestream_core::Error;
use rusqlite::ErrorCode;

/// True if another connection kept the lock for the whole busy timeout.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// `map_err(failed(&path, "take the write lock"))`
pub(crate) fn failed<'a>(path: &'a Path, action: &'a str) -> impl FnOnce(rusqlite::Error) -> Error + 'a {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::DiskFull { path: path.to_owned() },
        _ => Error::Database { path: path.to_owned(), problem: format!("cannot {action}: {error}") },
    }
}
