//! Decides when a database that is not in WAL mode yet may be switched. SQLite calls no busy handler during a switch:
//! another connection that switches, or a transaction that reads before it writes, gets SQLITE_BUSY at once. So the
//! application goes first, and the switch waits until its writes pause (G9).

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant},
};

use litestream_core::{Error, Result};

use crate::sqlite;

/// The database counts as idle after this long without a write.
const IDLE_AFTER: Duration = Duration::from_secs(2);

/// The database is switched after this long even if it is never idle.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The observed state of a database that is not open.
#[derive(Debug, Default)]
pub struct WalModeGate {
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    first_seen: Instant,
    trace: FileStamp,
    unchanged_since: Instant,
}

/// File metadata that changes with every write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct FileStamp {
    inode: u64,
    database: Stamp,
    /// The journal beside the database, present during a transaction.
    journal: Option<Stamp>,
}

/// Size in bytes, and the modification time in seconds and nanoseconds.
type Stamp = (u64, i64, i64);

impl WalModeGate {
    /// True if the database at `path` may be opened now, which switches it to WAL mode if necessary. Call it repeatedly
    /// until then.
    pub fn may_be_opened(&mut self, path: &Path, now: Instant) -> Result<bool> {
        let look = || -> io::Result<Option<FileStamp>> {
            if sqlite::is_in_wal_mode(path)? { Ok(None) } else { FileStamp::of(path).map(Some) }
        };
        Ok(self.is_settled(look().map_err(Error::io("look up", path))?, now))
    }

    /// `trace`: `None` in WAL mode.
    fn is_settled(&mut self, trace: Option<FileStamp>, now: Instant) -> bool {
        let Some(trace) = trace else {
            self.watched = None;
            return true;
        };
        let watched = self.watched.get_or_insert(Watched { first_seen: now, trace, unchanged_since: now });
        if watched.trace.inode != trace.inode {
            watched.first_seen = now;
        }
        if watched.trace != trace {
            (watched.trace, watched.unchanged_since) = (trace, now);
        }
        now >= watched.unchanged_since + IDLE_AFTER || now >= watched.first_seen + IDLE_TIMEOUT
    }
}

impl FileStamp {
    fn of(path: &Path) -> io::Result<Self> {
        // SQLite resolves links and keeps its journal beside the resolved file.
        let path = fs::canonicalize(path)?;
        let found = fs::metadata(&path)?;
        let stamp = |file: &fs::Metadata| (file.len(), file.mtime(), file.mtime_nsec());
        let journal = fs::metadata(sqlite::beside(&path, "-journal")).ok();
        Ok(FileStamp { inode: found.ino(), database: stamp(&found), journal: journal.as_ref().map(stamp) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn written(inode: u64, second: i64) -> Option<FileStamp> {
        Some(FileStamp { inode, database: (4096, second, 0), journal: None })
    }

    #[test]
    fn a_database_that_is_being_written_is_left_alone_until_it_is_quiet() {
        let (mut gate, start) = (WalModeGate::default(), Instant::now());
        assert!(!gate.is_settled(written(1, 0), start), "long ago, but who wrote it may be back");
        assert!(!gate.is_settled(written(1, 1), start + SECOND));
        let journal = Some(FileStamp { journal: Some((512, 2, 0)), ..written(1, 1).expect("written") });
        assert!(!gate.is_settled(journal, start + 2 * SECOND));
        assert!(!gate.is_settled(written(1, 1), start + 3 * SECOND));
        assert!(gate.is_settled(written(1, 1), start + 5 * SECOND));
    }

    #[test]
    fn a_database_in_wal_mode_is_not_waited_for() {
        let (mut gate, start) = (WalModeGate::default(), Instant::now());
        assert!(gate.is_settled(None, start));
        assert!(!gate.is_settled(written(1, 0), start));
        assert!(gate.is_settled(None, start));
    }

    #[test]
    fn a_busy_application_is_waited_for_with_a_limit() {
        let (mut gate, start) = (WalModeGate::default(), Instant::now());
        let settled = |gate: &mut WalModeGate, inode, second: u64| {
            gate.is_settled(written(inode, second as i64), start + Duration::from_secs(second))
        };
        assert!((0..30).all(|second| !settled(&mut gate, 1, second)));
        assert!(settled(&mut gate, 1, 30));
        assert!((31..61).all(|second| !settled(&mut gate, 2, second)), "another database");
        assert!(settled(&mut gate, 2, 61));
    }
}
