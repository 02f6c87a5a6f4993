//! SQLite's write lock. While it is held, there are no commits and the WAL is not restarted.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use litestream_core::Result;
use rusqlite::Connection;

use super::error::{failed, is_busy};

/// Pause between two attempts. SQLite's own busy handler soon sleeps for 100 ms and misses the gaps of a busy writer.
const PAUSE: Duration = Duration::from_millis(1);

/// Held from `BEGIN IMMEDIATE` until dropped; dropping rolls back.
pub struct WriteLock<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

impl<'a> WriteLock<'a> {
    /// Waits for other writers; `None` if one of them was always faster. The connection itself does not wait.
    pub(crate) fn begin(connection: &'a Connection, path: &'a Path, timeout: Duration) -> Result<Option<Self>> {
        let deadline = Instant::now() + timeout;
        loop {
            match connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => return Ok(Some(WriteLock { connection, path })),
                Err(error) if !is_busy(&error) => return Err(failed(path, "take the write lock")(error)),
                Err(_) if Instant::now() >= deadline => return Ok(None),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Commits one row of our own to the WAL and releases the lock. This restarts the WAL if everything before was
    /// copied back into the database file and no connection reads from the WAL.
    pub fn bump(self) -> Result<()> {
        let bump =
            "INSERT INTO _litestream_seq (id, seq) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = seq + 1; COMMIT";
        self.connection.execute_batch(bump).map_err(failed(self.path, "write to _litestream_seq"))
    }

    pub(crate) fn create_tables(self) -> Result<()> {
        let tables = "CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); \
                      CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER); COMMIT";
        self.connection.execute_batch(tables).map_err(failed(self.path, "create _litestream_seq and _litestream_lock"))
    }
}

impl Drop for WriteLock<'_> {
    fn drop(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(path = %self.path.display(), %error, "cannot roll back the write lock");
        }
    }
}
