//! Events that an application may cause in its WAL.
#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

pub fn prepare(app: &Connection) {
    app.execute_batch("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word BLOB)").unwrap();
}

/// Never waits: a replicator always reads.
pub fn checkpoint(app: &Connection, mode: &str) {
    app.execute_batch("PRAGMA busy_timeout = 0").unwrap();
    app.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(())).unwrap();
    app.execute_batch("PRAGMA busy_timeout = 5000").unwrap();
}
