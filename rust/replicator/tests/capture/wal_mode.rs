//! Switching a database to WAL mode takes a lock for which SQLite calls no busy handler, not the application's either. So
//! the application goes first.

use std::{fs, sync::atomic::Ordering, thread, time::Duration};

use crate::support::{Fixture, background::Background, process::Process, rows};
use nix::sys::signal::Signal;
use rusqlite::Connection;

/// Databases that an application sets up beside a replicator.
const ROUNDS: u64 = 30;

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

/// Works like a migration: a transaction that first reads and then writes is refused at once, busy handler or not, while
/// another connection waits for the lock that the switch to WAL mode takes.
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

/// An application that never rests, and stays out of WAL mode by itself. Ends with the number of its rows.
fn steady_writes(fixture: &Fixture) -> Background<u32> {
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    Background::start(move |done| {
        let mut count = 0;
        while !done.load(Ordering::Relaxed) {
            app.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES ('x')").unwrap();
            thread::sleep(Duration::from_millis(10));
            app.execute_batch("COMMIT").unwrap();
            count += 1;
            thread::sleep(Duration::from_millis(5));
        }
        count
    })
}

/// A process that ends before it would have switched the database still takes along what was committed, and answers who
/// waits for that. It tells that something waits until then.
#[tokio::test]
async fn commits_made_outside_of_wal_mode_are_captured_when_the_process_ends() {
    let fixture = nothing();
    let replicator = fixture.spawn().await;
    let app = steady_writes(&fixture);
    noticed(&replicator).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let waiting = replicator.listed().await;
    assert_eq!((waiting.txid, waiting.error.as_deref()), (0, None));
    assert!(waiting.lag_seconds > 0.1, "{waiting:?}");
    let committed: u32 = fixture.app().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();

    let end = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        replicator.signal(Signal::SIGTERM);
    };
    let (answer, ()) = tokio::join!(replicator.try_sync(), end);
    let (status, stderr) = replicator.wait_soon();
    assert!(status.success(), "{stderr}");
    let rows = app.end();
    let txid = answer.unwrap();
    let copy = fixture.folder.path().join("copy.sqlite3");
    fs::write(&copy, fixture.restore(txid)).unwrap();
    let restored: u32 =
        Connection::open(copy).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    assert!((committed..=rows).contains(&restored), "{committed} {restored} {rows}");
}

/// The switch is refused at once during a write, so it is retried within the busy timeout.
#[tokio::test]
async fn a_process_that_ends_waits_for_a_writer_before_it_switches_the_database() {
    let fixture = nothing();
    let replicator = fixture.spawn().await;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
    noticed(&replicator).await;
    replicator.signal(Signal::SIGTERM);
    thread::sleep(Duration::from_millis(400));
    app.execute_batch("COMMIT").unwrap();
    let (status, stderr) = replicator.wait_soon();
    assert!(status.success(), "{stderr}");
    fixture.assert_restores(1, &fixture.image());
}

/// The database comes when the process is about to look again, and ends instead.
#[tokio::test]
async fn a_database_that_came_just_before_the_process_ends_is_captured() {
    let mut fixture = nothing();
    fixture.config.monitor_interval = Duration::from_secs(3600);
    let replicator = fixture.spawn().await;
    while replicator.listed().await.error.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 3);
    replicator.stop();
    fixture.assert_restores(1, &fixture.image());
}
