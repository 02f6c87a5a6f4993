//! SQLite's write lock: while it is held, nobody commits and nobody restarts the WAL.

use std::path::Path;

use litestream_core::Result;
use rusqlite::Connection;

use super::connection::failed;

/// Held from `BEGIN IMMEDIATE` until dropped; dropping rolls back.
pub struct WriteLock<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

impl<'a> WriteLock<'a> {
    pub(super) fn begin(connection: &'a Connection, path: &'a Path) -> rusqlite::Result<Self> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(WriteLock { connection, path })
    }

    /// Commits one more row to the WAL, our own, and lets go of the lock. If everything before it was copied back into
    /// the database file and nobody reads from the WAL, this restarts the WAL.
    pub fn bump(self) -> Result<()> {
        let bump = "INSERT INTO _litestream_seq (id, seq) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = seq + 1; \
                    COMMIT";
        self.connection.execute_batch(bump).map_err(failed(self.path, "write to _litestream_seq"))
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
