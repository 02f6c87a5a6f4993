//! One open live database.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use litestream_core::{Error, Result};
use ltx::PageSize;
use rusqlite::Connection;

use super::{connection, error::failed, files::Files, write_lock::WriteLock};
use crate::sqlite::wal::{ReadAt, WalIndex};

/// A writer spends microseconds between the two copies of the wal-index. A killed writer leaves them different until
/// the next connection recovers it.
const WAL_INDEX_ATTEMPTS: u32 = 50;
const WAL_INDEX_PAUSE: Duration = Duration::from_millis(2);

/// The longest that SQLite takes: its milliseconds have 31 bits.
const MAX_BUSY_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// Two connections (one for the write lock, one for the read lock) and the raw descriptors beside them.
pub struct Database {
    // Fields drop in this order: descriptors last, or closing them would drop the connections' locks.
    writer: Connection,
    reader: Connection,
    files: Files,
    path: PathBuf,
    page_size: PageSize,
    busy_timeout: Duration,
}

impl Database {
    /// Opens an existing database, switches it to WAL mode and creates the bookkeeping tables if necessary.
    pub fn open(path: &Path, busy_timeout: Duration) -> Result<Self> {
        let path = fs::canonicalize(path).map_err(Error::io("open", path))?;
        let busy_timeout = busy_timeout.min(MAX_BUSY_TIMEOUT);
        let open = || connection::open(&path, busy_timeout).map_err(failed(&path, "open it"));
        let writer = open()?;
        connection::ensure_wal_mode(&writer, &path, busy_timeout)?;
        connection::ensure_tables(&writer, &path, busy_timeout)?;
        let page_size = connection::page_size(&writer, &path)?;
        let reader = open()?;
        // The first read makes SQLite open, and create if necessary, the files beside the database.
        let touch = "SELECT COUNT(1) FROM _litestream_seq";
        reader.query_row(touch, [], |_| Ok(())).map_err(failed(&path, "read it"))?;
        let files = Files::open(&path)?;
        // From here on the write lock has its own way to wait.
        writer.busy_timeout(Duration::ZERO).map_err(failed(&path, "prepare it"))?;
        Ok(Database { writer, reader, files, path, page_size, busy_timeout })
    }

    /// The path without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn page_size(&self) -> PageSize {
        self.page_size
    }

    /// The database file itself; pages in the WAL may be newer.
    pub fn file(&self) -> &File {
        &self.files.database
    }

    pub fn wal(&self) -> &File {
        &self.files.wal
    }

    /// Reads the committed frames from the wal-index: one read of 136 bytes unless a writer is changing it.
    pub fn wal_index(&self) -> Result<WalIndex> {
        for _ in 0..WAL_INDEX_ATTEMPTS {
            if let Some(index) = self.glance()? {
                return Ok(index);
            }
            thread::sleep(WAL_INDEX_PAUSE);
        }
        let problem = "its -shm file stays half written; another process may have died, the next write repairs it";
        Err(Error::Database { path: self.path.clone(), problem: problem.into() })
    }

    /// Like [`Self::wal_index`] without retries: `None` if a writer is changing it.
    pub fn glance(&self) -> Result<Option<WalIndex>> {
        let mut bytes = [0; WalIndex::LEN];
        ReadAt::read_at(&self.files.wal_index, &mut bytes, 0)
            .map_err(Error::io("read the -shm file of", &self.path))?;
        Ok(WalIndex::decode(&bytes))
    }

    /// True if the database, its `-wal` or its `-shm` was replaced or deleted behind our descriptors.
    pub fn moved(&self) -> Result<bool> {
        self.files.moved().map_err(Error::io("look up", &self.path))
    }

    /// Waits for the busy timeout at most; `None` if another writer kept the lock all that time.
    pub fn write_lock(&self) -> Result<Option<WriteLock<'_>>> {
        WriteLock::begin(&self.writer, &self.path, self.busy_timeout)
    }

    /// Begins the long read transaction. Until it ends, no later commit is copied into the database file, and the WAL
    /// is not restarted, unless the whole WAL was in the database file when the transaction began.
    pub fn take_read_lock(&self) -> Result<()> {
        let begin = || {
            self.reader.execute_batch("BEGIN")?;
            self.reader.query_row("SELECT COUNT(1) FROM _litestream_seq", [], |_| Ok(()))
        };
        let begun = begin().map_err(failed(&self.path, "begin the read transaction"));
        if begun.is_err() {
            self.drop_read_lock()?;
        }
        begun
    }

    /// Ends the read transaction, if there is one.
    pub fn drop_read_lock(&self) -> Result<()> {
        if !self.has_read_lock() {
            return Ok(());
        }
        self.reader.execute_batch("ROLLBACK").map_err(failed(&self.path, "end the read transaction"))
    }

    pub fn has_read_lock(&self) -> bool {
        !self.reader.is_autocommit()
    }

    /// Copies committed frames into the database file as far as readers allow, on the connection of the write lock,
    /// which must not be held. Never waits.
    pub fn checkpoint(&self) -> Result<()> {
        self.checkpoint_on(&self.writer)
    }

    /// The same on the connection of the read lock, which must be dropped.
    pub fn checkpoint_behind_write_lock(&self) -> Result<()> {
        self.checkpoint_on(&self.reader)
    }

    /// Empties the WAL with a TRUNCATE checkpoint, on the connection of the read lock: only while that is dropped, and
    /// the write lock too. Waits for readers, `timeout` at most, and blocks writers meanwhile; false if readers remained.
    pub fn truncate_wal(&self, timeout: Duration) -> Result<bool> {
        let attempt = || {
            self.reader.busy_timeout(timeout)?;
            let busy = self.reader.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
            self.reader.busy_timeout(self.busy_timeout)?;
            busy
        };
        let busy = attempt().map_err(failed(&self.path, "truncate its WAL"))?;
        Ok(!busy)
    }

    /// Size of the WAL file in bytes.
    pub fn wal_length(&self) -> Result<u64> {
        Ok(self.files.wal.metadata().map_err(Error::io("look up the WAL of", &self.path))?.len())
    }

    fn checkpoint_on(&self, connection: &Connection) -> Result<()> {
        // The row reports the copied frames, or that another connection checkpoints right now, which serves as well.
        let attempt = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        attempt.map_err(failed(&self.path, "checkpoint"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_busy_timeout_of_years_is_the_longest_that_sqlite_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let database = Database::open(&path, Duration::from_secs(u64::MAX >> 32)).unwrap();
        let timeout: i64 = database.reader.query_row("PRAGMA busy_timeout", [], |row| row.get(0)).unwrap();
        assert_eq!(timeout, i64::from(i32::MAX));
        assert!(database.truncate_wal(Duration::ZERO).unwrap());
    }
}
