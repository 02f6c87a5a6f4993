//! SQLite's check of a restored copy: in this process, and by the executable for a core that has no SQLite.

use std::{
    fs,
    path::{Path, PathBuf},
};

use litestream_core::{
    Error, Result,
    restore::{ExecutableChecker, IntegrityCheck, IntegrityChecker},
};
use litestream_replicator::sqlite::CopyChecker;
use rusqlite::Connection;
use tempfile::TempDir;

fn checkers() -> [Box<dyn IntegrityChecker>; 2] {
    [Box::new(CopyChecker), Box::new(ExecutableChecker { executable: env!("CARGO_BIN_EXE_litestream").into() })]
}

/// A database in WAL mode whose name needs every kind of escape, with an index that can be wrong.
fn database(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("-o db?mode=rw#%41 é.sqlite3");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; CREATE TABLE t (x); CREATE INDEX i ON t (x);
             INSERT INTO t WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 500) SELECT x FROM n;
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
    path
}

async fn check(path: &Path, check: IntegrityCheck) -> [Result<()>; 2] {
    let [here, there] = checkers();
    [here.check(path, check).await, there.check(path, check).await]
}

#[tokio::test]
async fn a_sound_copy_passes_and_nothing_appears_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    for mode in [IntegrityCheck::Quick, IntegrityCheck::Full] {
        for outcome in check(&path, mode).await {
            outcome.unwrap();
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_damaged_copy_is_corrupt_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let sound = fs::read(&path).unwrap();

    let mut torn = sound.clone();
    torn[4096..8192].fill(0x55);
    fs::write(&path, torn).unwrap();
    for outcome in check(&path, IntegrityCheck::Quick).await {
        assert!(matches!(&outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
    }

    fs::write(&path, [b'x'; 8192]).unwrap();
    let [here, there] = check(&path, IntegrityCheck::Quick).await.map(|outcome| outcome.unwrap_err());
    assert!(matches!(here, Error::Corrupt { .. }), "{here}");
    assert_eq!(here.to_string(), there.to_string());
}

#[tokio::test]
async fn only_the_full_check_compares_indexes_with_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let connection = Connection::open(&path).unwrap();
    // A row whose index has another value.
    connection
        .execute_batch(
            "PRAGMA writable_schema = on; PRAGMA journal_mode = delete;
             UPDATE sqlite_schema SET sql = NULL, type = 'table', name = 'hidden', tbl_name = 'hidden',
                 sql = 'CREATE TABLE hidden (x, y, PRIMARY KEY (x, y)) WITHOUT ROWID' WHERE name = 'i'",
        )
        .unwrap();
    drop(connection);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "UPDATE t SET x = -1 WHERE x = 7; PRAGMA writable_schema = on;
             UPDATE sqlite_schema SET type = 'index', name = 'i', tbl_name = 't', sql = 'CREATE INDEX i ON t (x)'
                 WHERE name = 'hidden'",
        )
        .unwrap();
    drop(connection);
    for outcome in check(&path, IntegrityCheck::Quick).await {
        outcome.unwrap();
    }
    for outcome in check(&path, IntegrityCheck::Full).await {
        assert!(
            matches!(&outcome, Err(Error::Corrupt { problem, .. }) if problem.contains("missing from index")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_executable_is_named() {
    let checker = ExecutableChecker { executable: "/nonexistent/litestream".into() };
    let error = checker.check(Path::new("x"), IntegrityCheck::Quick).await.unwrap_err();
    assert!(matches!(&error, Error::ExecutableNotFound { searched, .. } if searched == &["/nonexistent/litestream"]));
}
