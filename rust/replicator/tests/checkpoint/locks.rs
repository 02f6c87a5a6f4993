//! Living beside an application in another process: its writers, its checkpoints, a second replicator.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Fixture, background::Background, rows, wal_file, workload};
use rusqlite::Connection;

/// G9: transactions of 10 ms, one after another, while checkpoints never stop: none fails, none waits long.
#[tokio::test]
async fn writers_never_fail_and_wait_only_briefly() {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 4;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let writer = fixture.app();
    writer.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    let writer = Background::start(move |done| write_until(done, &writer));
    tokio::time::sleep(Duration::from_secs(4)).await;
    let slowest = writer.end();
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    println!("slowest transaction: {slowest:?}, restarts of the WAL: {}", fixture.wal_restarts());
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert!(fixture.wal_restarts() > 10, "only {} checkpoints", fixture.wal_restarts());
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

/// The longest that a transaction took to begin and commit, its own 10 ms aside.
fn write_until(done: &AtomicBool, app: &Connection) -> Duration {
    work_until(done, app, "INSERT INTO t VALUES (randomblob(3000))")
}

fn work_until(done: &AtomicBool, app: &Connection, sql: &str) -> Duration {
    let mut slowest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let started = Instant::now();
        app.execute_batch("BEGIN IMMEDIATE").unwrap();
        app.execute_batch(sql).unwrap();
        thread::sleep(Duration::from_millis(10));
        app.execute_batch("COMMIT").unwrap();
        slowest = slowest.max(started.elapsed() - Duration::from_millis(10));
        // SQLite is not fair: without a pause no other connection ever gets the lock.
        thread::sleep(Duration::from_millis(1));
    }
    slowest
}

/// Commits made during a checkpoint are captured before a restart of the WAL removes them: writers wait from the last
/// read of the WAL until the read lock holds again.
#[tokio::test]
async fn nothing_is_committed_between_the_last_capture_and_the_checkpoint() {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 4;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    // Pages by which the database grew are captured even if their commit was missed; so it does not grow.
    rows(&app, "t", 300);
    let while_others_write = Duration::from_millis(100);
    let places =
        ["checkpoint: between the two", "checkpoint: without the read lock", "checkpoint: after the write lock"];
    let replicator = fixture.spawn_to_pause(&places.map(|place| (place, while_others_write))).ready().await;
    let writer = fixture.app();
    // Whatever it commits without a read lock, it takes away at once.
    writer.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 1").unwrap();
    let writer = Background::start(move |done| {
        work_until(done, &writer, "UPDATE t SET x = randomblob(3000) WHERE rowid = 1 + abs(random() % 300)")
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    writer.end();
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert!(fixture.wal_restarts() > 3, "only {} checkpoints", fixture.wal_restarts());
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

/// A report that takes the application minutes: our checkpoints go as far as it lets them, and wait neither for it nor
/// keep writers from going on meanwhile.
#[tokio::test]
async fn a_long_reader_of_the_application_makes_no_writer_wait() {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 4;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let report = fixture.app();
    report.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
    let writer = fixture.app();
    writer.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    let writer = Background::start(move |done| write_until(done, &writer));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let slowest = writer.end();
    let frames: u32 = app.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1)).unwrap();
    assert!(frames > 40, "the report keeps the WAL: {frames}");
    report.execute_batch("COMMIT").unwrap();
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    println!("slowest transaction: {slowest:?}");
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
    fixture.assert_restores(txid, &image);
}

/// However long it takes to write the whole database away.
#[tokio::test]
async fn a_whole_capture_makes_no_writer_wait() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 200);
    let writer = fixture.app();
    writer.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    let writer = Background::start(move |done| write_until(done, &writer));
    let began = Instant::now();
    let replicator = fixture.spawn_to_pause(&[("stage: before the fsync", Duration::from_secs(2))]);
    while fixture.staged().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "never captured");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let slowest = writer.end();
    assert!(began.elapsed() > Duration::from_secs(2), "the capture was over too soon to prove anything");
    replicator.kill();
    println!("slowest transaction: {slowest:?}");
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
}

/// Whatever the application asks for, the WAL is not restarted under our read lock.
#[tokio::test]
async fn the_application_cannot_restart_the_wal_under_us() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let salt = wal_file::salt(&fixture.config.path);
    for mode in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"].repeat(5) {
        workload::checkpoint(&app, mode);
        rows(&app, "t", 2);
    }
    assert_eq!(wal_file::salt(&fixture.config.path), salt);
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

/// With every frame in the database file the read lock would block no writer: the application truncates the WAL, again
/// and again, and a start must succeed.
#[tokio::test]
async fn a_start_on_a_wal_that_is_all_in_the_database_file_takes_hold() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 20);
    workload::checkpoint(&app, "PASSIVE");
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    for _ in 0..3 {
        workload::checkpoint(&app, "TRUNCATE");
        rows(&app, "t", 2);
        workload::checkpoint(&app, "TRUNCATE");
    }
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

#[tokio::test]
async fn a_second_replicator_names_the_first_and_harms_nothing() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let first = fixture.spawn().await;
    let before = first.sync().await;
    let (status, stderr) = fixture.spawn_unready_at("other-socket").wait_soon();
    assert!(!status.success());
    assert!(stderr.contains(&format!("process id {}", first.id())), "{stderr}");
    rows(&app, "t", 1);
    assert_eq!(first.sync().await, before + 1);
    first.kill();
    // The kernel let go of the lock.
    let next = fixture.spawn().await;
    assert_eq!(next.sync().await, before + 1);
    next.stop();
}

#[tokio::test]
async fn a_replaced_database_is_noticed() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    let before = replicator.sync().await;
    app.close().unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(fixture.config.path.with_extension(format!("sqlite3{suffix}")));
    }
    let app = fixture.app();
    app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE other (x)").unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while replicator.listed().await.replicated_txid <= before {
        assert!(Instant::now() < deadline, "never noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rows(&app, "other", 3);
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    fixture.assert_restores(txid, &image);
}

/// A database that appears later is replicated then, from its first transaction.
#[tokio::test]
async fn a_database_that_does_not_exist_yet_is_awaited() {
    let fixture = Fixture::new(4096);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(fixture.config.path.with_extension(format!("sqlite3{suffix}")));
    }
    let replicator = fixture.spawn().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let listed = replicator.listed().await;
    assert!(listed.error.unwrap().contains("does not exist yet"));
    let app = fixture.app();
    app.execute_batch("PRAGMA page_size = 1024; PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
    while replicator.listed().await.replicated_txid == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    fixture.assert_restores(txid, &image);
}
