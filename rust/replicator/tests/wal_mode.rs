//! Switching a database to WAL mode takes a lock for which SQLite calls no busy handler, not the application's either. So
//! the application goes first.
#![allow(clippy::unwrap_used)]

mod support;

use std::{fs, thread, time::Duration};

use rusqlite::Connection;
use support::{Fixture, process::Process, rows};

/// Databases that an application sets up beside a replicator.
const ROUNDS: u64 = 30;

#[test]
fn replicator_process() {
    support::process::replicator_process();
}

/// No database yet.
fn nothing() -> Fixture {
    let mut fixture = Fixture::new(4096);
    fs::remove_file(&fixture.config.path).unwrap();
    fixture.config.monitor_interval = Duration::from_millis(1);
    fixture
}

/// Until the replicator has seen that there is a database.
async fn noticed(replicator: &Process) {
    while replicator.listed().await.error.is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// As a migration does it: a transaction that first reads and then writes is refused at once, busy handler or not, where
/// somebody else waits for the lock that the switch to WAL mode takes.
fn set_up(app: &Connection, moment: Duration) -> rusqlite::Result<()> {
    app.execute_batch("CREATE TABLE migrations (x)")?;
    for table in ["a", "b", "t"] {
        app.execute_batch("BEGIN; SELECT count(*) FROM migrations")?;
        thread::sleep(moment);
        app.execute_batch(&format!("CREATE TABLE {table} (x); INSERT INTO migrations VALUES ('{table}'); COMMIT"))?;
    }
    app.pragma_update(None, "journal_mode", "wal")
}

/// G9.
#[tokio::test]
async fn g9_an_application_that_sets_a_database_up_never_hears_that_it_is_locked() {
    for round in 0..ROUNDS {
        let fixture = nothing();
        let replicator = fixture.spawn().await;
        let app = fixture.app();
        assert_eq!(set_up(&app, Duration::from_micros(round * 300)), Ok(()), "round {round}");
        if round % 10 > 0 {
            replicator.kill();
            continue;
        }
        noticed(&replicator).await;
        rows(&app, "t", 3);
        let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
        replicator.stop();
        fixture.assert_restores(txid, &image);
    }
}

/// As official Litestream does it.
#[tokio::test]
async fn a_database_that_its_application_leaves_out_of_wal_mode_is_switched() {
    let fixture = nothing();
    let replicator = fixture.spawn().await;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 3);
    noticed(&replicator).await;
    // It waits for the switch.
    replicator.sync().await;
    rows(&app, "t", 3);
    let mode: String = app.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    fixture.assert_restores(txid, &image);
}
