//! The replicator stops and starts; the WAL goes on, or does not.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::{Fixture, rows, wal_file, workload};
use litestream_core::control::ListedDatabase;

/// A replicated database, its replicator stopped, an application that keeps the WAL alive.
async fn stopped(page_size: u32) -> (Fixture, rusqlite::Connection, u64) {
    let fixture = Fixture::new(page_size);
    let app = fixture.app();
    workload::prepare(&app);
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 50);
    let replicator = fixture.spawn().await;
    rows(&app, "t", 20);
    let txid = replicator.sync().await;
    replicator.stop();
    (fixture, app, txid)
}

#[tokio::test]
async fn a_start_on_an_unchanged_wal_captures_nothing_anew() {
    let (fixture, app, before) = stopped(4096).await;
    let replicator = fixture.spawn().await;
    assert_eq!(replicator.sync().await, before, "nothing was committed");
    rows(&app, "t", 5);
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

#[tokio::test]
async fn commits_made_meanwhile_are_an_increment() {
    let (fixture, app, before) = stopped(4096).await;
    rows(&app, "t", 30);
    let replicator = fixture.spawn().await;
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert!(txid > before);
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

/// Exactly one restart: the first salt is one higher, just as after a checkpoint of our own. What was committed before
/// it is gone from the WAL.
#[tokio::test]
async fn a_wal_restarted_meanwhile_is_not_resumed() {
    let (fixture, app, before) = stopped(4096).await;
    let salt = wal_file::salt(&fixture.config.path);
    rows(&app, "t", 30);
    workload::checkpoint(&app, "RESTART");
    rows(&app, "t", 1);
    let restarted = wal_file::salt(&fixture.config.path);
    assert_eq!(restarted.0, salt.0.wrapping_add(1));
    let replicator = fixture.spawn().await;
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert!(txid > before);
    fixture.assert_restores(txid, &image);
}

/// The operator puts an older copy of database and WAL back, and the application goes on from there: same salts, other
/// frames.
#[tokio::test]
async fn a_wal_with_the_same_salts_and_other_frames_is_not_resumed() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let (database, wal) = (fixture.config.path.clone(), fixture.config.path.with_extension("sqlite3-wal"));
    let old = (fs::read(&database).unwrap(), fs::read(&wal).unwrap());
    rows(&app, "t", 5);
    let before = replicator.sync().await;
    replicator.stop();
    app.close().unwrap();

    fs::write(&database, old.0).unwrap();
    fs::write(&wal, old.1).unwrap();
    let app = fixture.app();
    app.execute_batch("INSERT INTO t VALUES ('another history')").unwrap();
    rows(&app, "t", 40);
    let replicator = fixture.spawn().await;
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert!(txid > before);
    fixture.assert_restores(txid, &image);
}

/// SIGKILL anywhere, again and again: what was acknowledged restores, and what was staged goes first.
#[tokio::test]
async fn a_killed_replicator_goes_on_where_it_was() {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 30;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let mut images = Vec::new();
    for round in 0..8 {
        let replicator = fixture.spawn().await;
        rows(&app, "t", 10 + round);
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
        rows(&app, "t", 10 + 7 * round);
        tokio::time::sleep(Duration::from_millis(5 * round as u64)).await;
        replicator.kill();
        rows(&app, "t", 3);
    }
    for (txid, image) in images {
        fixture.assert_restores(txid, &image);
    }
}

#[tokio::test]
async fn files_staged_before_a_kill_are_uploaded_first() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    let first = replicator.sync().await;
    // A file where the level's directory was: uploads fail, captures go on.
    let (l0, aside) = (fixture.folder.path().join("replica/ltx/0"), fixture.folder.path().join("aside"));
    fs::rename(&l0, &aside).unwrap();
    fs::write(&l0, "").unwrap();
    for _ in 0..3 {
        let staged = fixture.staged();
        rows(&app, "t", 1);
        while fixture.staged() == staged {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let image = fixture.image();
    let staged = *fixture.staged().last().unwrap();
    assert!(staged >= first + 3);
    replicator.kill();

    fs::remove_file(&l0).unwrap();
    fs::rename(&aside, &l0).unwrap();
    let replicator = fixture.spawn().await;
    assert!(replicator.sync().await >= staged);
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(staged, &image);
}

/// Behind our checkpoint the application restarts the WAL in place, and before we look again it fills it beyond its old
/// length.
#[tokio::test]
async fn a_wal_restarted_in_place_and_grown_beyond_its_old_length_is_followed() {
    let mut fixture = Fixture::new(512);
    fixture.config.min_checkpoint_pages = 40;
    let app = fixture.app();
    app.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF; CREATE TABLE t (x)").unwrap();
    let places = [("checkpoint: after the write lock", Duration::from_millis(400))];
    let replicator = fixture.spawn_to_pause(&places).ready().await;
    let wal_index = wal_file::WalIndexFile::open(&fixture.config.path);
    let mut images = Vec::new();
    for _ in 0..4 {
        let salt = wal_file::salt(&fixture.config.path);
        rows(&app, "t", 60);
        let mut length = wal_index.read().frames;
        let deadline = Instant::now() + Duration::from_secs(20);
        while wal_file::salt(&fixture.config.path) == salt {
            assert!(Instant::now() < deadline, "the WAL is never restarted");
            length = wal_index.read().frames;
            rows(&app, "t", 1);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while wal_index.read().frames <= length {
            rows(&app, "t", 10);
        }
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
    }
    replicator.stop();
    let files = fixture.files();
    let outgrown = |two: &&[(ltx::Header, usize)]| {
        let (before, after) = (two[0].0.wal, two[1].0.wal);
        after.salt != before.salt && after.end() > before.end()
    };
    let raced = files.windows(2).filter(outgrown).count();
    assert!(raced >= 3, "only {raced} of the WALs outgrew the one before");
    assert_eq!(fixture.full_captures(), [1]);
    for (txid, image) in images {
        fixture.assert_restores(txid, &image);
    }
}

/// A start captures what it can before it makes writers wait. If one of them never does, that much counts: it may have been
/// uploaded by then, and what follows is another transaction.
#[tokio::test]
async fn a_capture_before_a_failed_start_counts() {
    let (fixture, app, before) = stopped(4096).await;
    rows(&app, "t", 10);
    app.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES ('long')").unwrap();
    let replicator = fixture.spawn().await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let failed = |listed: &ListedDatabase| listed.replicated_txid > before && listed.error.is_some();
    while !failed(&replicator.listed().await) {
        assert!(Instant::now() < deadline, "{:?}", replicator.listed().await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.execute_batch("COMMIT").unwrap();
    // Once the pauses between attempts are over.
    while replicator.listed().await.error.is_some() {
        assert!(Instant::now() < deadline, "{:?}", replicator.listed().await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert!(txid > before + 1);
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}
