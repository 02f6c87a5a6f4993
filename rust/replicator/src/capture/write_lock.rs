//! Takes the write lock for a bounded time (G9): a large transaction, an import or VACUUM, is captured and copied back
//! before the lock is taken.

use litestream_core::Result;

use super::wal_capture::WalCapture;
use crate::sqlite::{Database, WriteLock, wal::FrameCount};

/// Bytes that may be captured or copied back while writers wait: some milliseconds of work.
const FEW_BYTES: u64 = 4 << 20;

/// Each attempt follows a commit of more than that, made during the capture before.
const ATTEMPTS: u32 = 5;

/// Takes the write lock with little left to capture behind it. `None`: a writer kept the lock for the whole busy
/// timeout, or keeps committing that much.
pub(crate) fn take<'a>(database: &'a Database, capture: &mut WalCapture) -> Result<Option<WriteLock<'a>>> {
    for _ in 0..ATTEMPTS {
        let Some(lock) = database.write_lock()? else { return Ok(None) };
        // Without a read lock nothing protects the frames, and the existing ones are captured already.
        if !database.has_read_lock() || are_few(database, capture.uncaptured(database)?) {
            return Ok(Some(lock));
        }
        drop(lock);
        capture.catch_up(database)?;
    }
    Ok(None)
}

/// True if this number of frames takes little time.
pub(crate) fn are_few(database: &Database, frames: FrameCount) -> bool {
    frames.end(database.page_size()) <= FEW_BYTES
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::{Duration, Instant};

    use litestream_core::config::{DatabaseConfig, Location, ReplicaConfig};
    use rusqlite::Connection;

    use super::*;
    use crate::{
        capture::session::{LastCapture, Session},
        checkpoint::Checkpointer,
        stage::Stage,
    };

    #[test]
    fn g9_a_large_transaction_is_captured_before_writers_have_to_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.sqlite3");
        let app = Connection::open(&path).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x)").unwrap();
        app.busy_timeout(Duration::ZERO).unwrap();
        let location = Location::File { path: dir.path().join("replica") };
        let config = DatabaseConfig::new(&path, ReplicaConfig::new(location));
        let stage = Stage::open(&config.meta_path).unwrap();
        let mut session = Session::open(&config, stage, LastCapture { newest: None, staged: false }).unwrap();
        session.begin(None).unwrap();

        app.execute_batch("INSERT INTO t VALUES (zeroblob(9000000)); INSERT INTO t VALUES (1)").unwrap();
        let before = session.txid();
        assert!(!are_few(&session.database, session.capture.uncaptured(&session.database).unwrap()));
        let lock = take(&session.database, &mut session.capture).unwrap().unwrap();
        assert_eq!(session.capture.uncaptured(&session.database).unwrap(), FrameCount(0));
        assert!(session.capture.position().txid > before);
        app.execute_batch("INSERT INTO t VALUES (2)").unwrap_err();
        drop(lock);

        app.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        let lock = take(&session.database, &mut session.capture).unwrap().unwrap();
        assert!(
            session.capture.uncaptured(&session.database).unwrap() > FrameCount(0),
            "a little is left for the lock"
        );
        drop(lock);
        app.execute_batch("INSERT INTO t VALUES (zeroblob(9000000))").unwrap();
        session.capture.lose(&session.database, "as if it could not be followed");
        assert!(
            take(&session.database, &mut session.capture).unwrap().is_some(),
            "nothing can be captured before that"
        );
        session.capture().unwrap();
        Checkpointer::new(&config, Instant::now()).run(&mut session).unwrap();
        assert!(session.database.wal_index().unwrap().frames < FrameCount(10), "all copied back, and begun again");
    }
}
