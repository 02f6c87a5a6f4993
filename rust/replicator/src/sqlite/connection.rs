//! SQLite connections of the replicator: a small cache, a long busy timeout, no checkpoints of their own.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use litestream_core::{Error, Result};
use ltx::PageSize;
use rusqlite::{Connection, DEFAULT_NAME, FileControl, OpenFlags, config::DbConfig};

use super::{
    error::{failed, is_busy},
    write_lock::WriteLock,
};

/// Pages in a connection's cache; the replicator reads no page twice.
const CACHE_PAGES: u32 = 16;

/// Pause between attempts to switch to WAL mode. Each attempt may briefly refuse the application.
const SWITCH_PAUSE: Duration = Duration::from_millis(10);

/// Opens an existing database. Closing the connection leaves the WAL as it is, even if it is the last one: frames in it
/// may not be captured yet.
pub(crate) fn open(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
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

/// Switches to WAL mode if necessary. SQLite itself does not wait for other connections here.
pub(crate) fn ensure_wal_mode(connection: &Connection, path: &Path, timeout: Duration) -> Result<()> {
    let deadline = Instant::now() + timeout;
    let mode = loop {
        match connection.query_row("PRAGMA journal_mode = wal", [], |row| row.get::<_, String>(0)) {
            Err(error) if is_busy(&error) && Instant::now() < deadline => thread::sleep(SWITCH_PAUSE),
            mode => break mode.map_err(failed(path, "switch it to WAL mode"))?,
        }
    };
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    let problem = format!("it stays in journal mode {mode}; only WAL mode can be replicated");
    Err(Error::Database { path: path.to_owned(), problem })
}

/// Creates the bookkeeping tables, which official Litestream uses too, if they are missing.
pub(crate) fn ensure_tables(connection: &Connection, path: &Path, timeout: Duration) -> Result<()> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('_litestream_seq', '_litestream_lock')";
    let found: u32 = connection.query_row(tables, [], |row| row.get(0)).map_err(failed(path, "read it"))?;
    if found == 2 {
        return Ok(());
    }
    let lock = WriteLock::begin(connection, path, timeout)?;
    let busy = || Error::Database { path: path.to_owned(), problem: "another writer holds the write lock".to_owned() };
    lock.ok_or_else(busy)?.create_tables()
}

pub(crate) fn page_size(connection: &Connection, path: &Path) -> Result<PageSize> {
    let bytes = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed(path, "read it"))?;
    PageSize::new(bytes).map_err(|error| Error::Database { path: path.to_owned(), problem: error.to_string() })
}
