//! The first writer into a truncated WAL may draw both of its salts anew. If nothing can have been committed in between,
//! capture continues there, and the database is not read again.

use std::{
    fs,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use crate::support::{Fixture, background::Background, process::Process, rows, wal_file};
use rusqlite::Connection;

/// The size of the database in bytes, much more than everything else that is read meanwhile.
const DATABASE: u64 = 16 << 20;

/// A large database, whose WAL is checkpointed once it has twenty frames.
fn fixture() -> (Fixture, Connection) {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 20;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE large (x); CREATE TABLE t (x)").unwrap();
    app.execute("INSERT INTO large VALUES (zeroblob(?))", [DATABASE as i64]).unwrap();
    app.close().unwrap();
    let app = fixture.app();
    (fixture, app)
}

/// Until the first capture is over, and the page map built.
async fn settled(fixture: &Fixture, replicator: &Process) {
    replicator.sync().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !fixture.config.meta_path.join("page-map").exists() {
        assert!(Instant::now() < deadline, "no page map");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The bytes that a process has read so far.
fn read_by(replicator: &Process) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", replicator.id())).unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

/// One transaction that makes a checkpoint due.
fn write_much(app: &Connection) {
    app.execute_batch("INSERT INTO t VALUES (zeroblob(120000))").unwrap();
}

fn wal_length(fixture: &Fixture) -> u64 {
    fs::metadata(fixture.config.path.with_extension("sqlite3-wal")).unwrap().len()
}

/// False if another connection prevented it.
fn truncate(app: &Connection) -> bool {
    app.busy_timeout(Duration::ZERO).unwrap();
    !app.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).unwrap()
}

async fn until_truncated(fixture: &Fixture) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while wal_length(fixture) > 0 {
        assert!(Instant::now() < deadline, "never truncated");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn assert_right(fixture: &Fixture, replicator: Process) {
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

#[tokio::test]
async fn after_our_truncation_the_database_is_not_read_again() {
    let (mut fixture, app) = fixture();
    fixture.config.truncate_pages = 20;
    let replicator = fixture.spawn().await;
    settled(&fixture, &replicator).await;
    let read = read_by(&replicator);
    write_much(&app);
    until_truncated(&fixture).await;
    let before = replicator.sync().await;
    let salt = wal_file::index(&fixture.config.path).salt;
    // It has never restarted a WAL.
    rows(&app, "t", 3);
    assert_ne!(wal_file::salt(&fixture.config.path).0, salt.0, "both salts are new");
    assert!(replicator.sync().await > before);
    let read = read_by(&replicator) - read;
    assert!(read < DATABASE / 2, "{read} bytes read");
    assert_right(&fixture, replicator).await;
}

/// The pages that were in the WAL are in the database file now.
#[tokio::test]
async fn a_truncated_wal_is_proven_as_it_was_captured() {
    let (mut fixture, app) = fixture();
    fixture.config.truncate_pages = 20;
    let replicator = fixture.spawn().await;
    settled(&fixture, &replicator).await;
    write_much(&app);
    until_truncated(&fixture).await;
    assert_eq!(replicator.proof().await.txid, replicator.sync().await);
    assert_right(&fixture, replicator).await;
}

/// Our TRUNCATE checkpoint begins without the write lock. What is committed before it is gone from the WAL when it ends,
/// and found in the database.
#[tokio::test]
async fn commits_before_our_truncation_are_captured() {
    let (mut fixture, app) = fixture();
    fixture.config.truncate_pages = 20;
    // Each on a page of its own, so that nothing that is lost is written again.
    let row = format!("INSERT INTO t VALUES (zeroblob(3000)); {}", "INSERT INTO t SELECT x FROM t; ".repeat(10));
    app.execute_batch(&row).unwrap();
    app.close().unwrap();
    let app = fixture.app();
    let replicator = fixture.spawn_to_pause(&[("truncation: before", Duration::from_millis(300))]).ready().await;
    settled(&fixture, &replicator).await;
    write_much(&app);
    let deadline = Instant::now() + Duration::from_secs(30);
    for number in 1.. {
        app.execute("UPDATE t SET x = randomblob(3000) WHERE rowid = ?", [number]).unwrap();
        if wal_length(&fixture) < 100_000 {
            break;
        }
        assert!(Instant::now() < deadline && number < 1000, "never truncated");
        thread::sleep(Duration::from_millis(5));
    }
    assert_right(&fixture, replicator).await;
}

/// It can truncate the WAL only in the moment when we hold none of its frames. The next to write are we.
#[tokio::test]
async fn after_a_truncation_by_the_application_the_database_is_not_read_again() {
    let (fixture, app) = fixture();
    let moment = [("checkpoint: after the write lock", Duration::from_millis(500))];
    let replicator = fixture.spawn_to_pause(&moment).ready().await;
    settled(&fixture, &replicator).await;
    let read = read_by(&replicator);
    let other = fixture.app();
    let truncating = Background::start(move |done| {
        while !truncate(&other) && !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
    });
    write_much(&app);
    let deadline = Instant::now() + Duration::from_secs(30);
    while wal_length(&fixture) > 100_000 {
        assert!(Instant::now() < deadline, "never truncated");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    truncating.end();
    replicator.sync().await;
    let read = read_by(&replicator) - read;
    assert!(read < DATABASE / 2, "{read} bytes read");
    assert_right(&fixture, replicator).await;
}
