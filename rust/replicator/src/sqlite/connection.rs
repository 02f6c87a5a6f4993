//! SQLite connections as the replicator wants them: small, patient, and never checkpointing on their own.

use std::{path::Path, time::Duration};

use litestream_core::{Error, Result};
use rusqlite::{Connection, DEFAULT_NAME, ErrorCode, FileControl, OpenFlags, config::DbConfig};

/// Pages a connection keeps in memory; the replicator reads none twice.
const CACHE_PAGES: u32 = 16;

/// Opens an existing database. Closing the connection leaves the WAL as it is, even when nobody else has it open: what
/// lies there may not be captured yet.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(busy_timeout)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch(&format!(
        "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = {CACHE_PAGES}; PRAGMA mmap_size = 0; \
         PRAGMA synchronous = NORMAL;"
    ))?;
    let mut on = 1;
    connection.file_control(DEFAULT_NAME, FileControl::PersistWal(&mut on))?;
    Ok(connection)
}

/// Switches to WAL mode and creates the bookkeeping tables that official Litestream uses too. A no-op where both are
/// done already.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<Prepared> {
    let mode: String = connection.query_row("PRAGMA journal_mode = wal", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Ok(Prepared::NotWal { mode });
    }
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); \
         CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER);",
    )?;
    connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map(|page_size| Prepared::Ready { page_size })
}

pub(super) enum Prepared {
    Ready {
        page_size: u32,
    },
    /// SQLite kept another journal mode.
    NotWal {
        mode: String,
    },
}

/// Another connection holds the lock and kept it for the whole busy timeout.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// `map_err(failed(&path, "take the write lock"))`
pub(super) fn failed<'a>(path: &'a Path, action: &'a str) -> impl FnOnce(rusqlite::Error) -> Error + 'a {
    move |error| Error::Database { path: path.to_owned(), problem: format!("cannot {action}: {error}") }
}

/// Unwraps a lock attempt: `None` if the lock stayed busy.
pub(super) fn unless_busy<T>(attempt: rusqlite::Result<T>, path: &Path, action: &str) -> Result<Option<T>> {
    match attempt {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_busy(&error) => Ok(None),
        Err(error) => Err(failed(path, action)(error)),
    }
}
