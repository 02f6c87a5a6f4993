//! Databases beyond 1 GiB, where a page is never stored: grown across it by increments, and captured whole. Restored by
//! ours and by official Litestream to the bytes of the live database. It takes official Litestream half a minute to
//! restore two million pages of 512 bytes, so that it is asked for those in CI only.

use std::{
    env,
    fs::{self, File},
    io::Read,
    path::Path,
    time::Instant,
};

use crate::support::{Fixture, restored::restore};
use litestream_core::restore::{IntegrityCheck, Target};
use litestream_testkit::official::{self, Official};
use ltx::PageSize;
use nix::sys::statvfs::statvfs;
use rusqlite::Connection;
use tempfile::TempDir;

/// Where the lock page begins.
const LOCK_BYTE: i64 = 1 << 30;

/// How far below it the database begins, in bytes: not less than its largest pages.
const BEFORE: i64 = 4 * 65_536;

/// For the database, its WAL and a restored copy of it, in bytes.
const ROOM: u64 = 6 << 30;

#[tokio::test]
async fn a_database_beyond_the_lock_page_with_pages_of_512_bytes() {
    beyond_the_lock_page(512).await;
}

#[tokio::test]
async fn a_database_beyond_the_lock_page_with_pages_of_4096_bytes() {
    beyond_the_lock_page(4096).await;
}

#[tokio::test]
async fn a_database_beyond_the_lock_page_with_pages_of_65536_bytes() {
    beyond_the_lock_page(65_536).await;
}

async fn beyond_the_lock_page(page_size: u32) {
    let began = Instant::now();
    let report = |what: &str| println!("{:6.2} s  pages of {page_size}: {what}", began.elapsed().as_secs_f64());
    let fixture = Fixture::new_within(roomy_folder(), page_size);
    let app = fixture.app();
    fill(&app);
    report("filled");
    let lock_page = PageSize::new(page_size).unwrap().lock_page().get();
    assert!(pages(&app) < lock_page);

    let replicator = fixture.spawn().await;
    let first = replicator.sync().await;
    report("captured below the lock page");
    while pages(&app) < lock_page + 3 {
        app.execute("INSERT INTO t VALUES (randomblob(?1))", [BEFORE / 2]).unwrap();
        replicator.sync().await;
    }
    let newest = replicator.sync().await;
    replicator.stop();
    assert!(newest > first + 1 && fixture.full_captures() == [1], "it grows by increments");
    report("grown beyond it");
    settle(app);
    assert_restores(&fixture).await;
    report("restored from increments");

    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
    fs::remove_dir_all(fixture.folder.path().join("replica")).unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    replicator.stop();
    report("captured whole");
    settle(fixture.app());
    assert_restores(&fixture).await;
    report("restored from the whole");
}

/// In memory where it has room for all copies: on a disk, half of the time would go into fsyncs.
fn roomy_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let room = statvfs(memory).map_or(0, |system| system.blocks_available() * system.fragment_size());
    if room > ROOM { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A database that ends just below the lock page. Nothing is fsynced, and its pages compress well.
fn fill(app: &Connection) {
    app.execute_batch("PRAGMA journal_mode = off; PRAGMA synchronous = off; CREATE TABLE t (x)").unwrap();
    let page_size: i64 = app.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let overflow = page_size - 4;
    let mut left = (LOCK_BYTE - BEFORE) / page_size * overflow;
    while left > BEFORE {
        let blob = left.min(256 << 20) / overflow * overflow;
        app.execute("INSERT INTO t VALUES (zeroblob(?1))", [blob]).unwrap();
        left -= blob;
    }
    app.execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = normal").unwrap();
}

fn pages(app: &Connection) -> u32 {
    app.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
}

/// Leaves everything in the database file, and no open connection.
fn settle(app: Connection) {
    let (busy, left): (u32, u32) =
        app.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!((busy, left), (0, 0));
    app.close().unwrap();
}

async fn assert_restores(fixture: &Fixture) {
    let output = fixture.folder.path().join("restored");
    restore(&fixture.replica(), Target::Latest, &output, IntegrityCheck::None).await.unwrap();
    assert_same(&output, &fixture.config.path, "ours");
    fs::remove_file(&output).unwrap();
    let is_slow = fixture.page_size() == 512 && env::var_os("CI").is_none();
    let Some(judge) = (!is_slow).then(|| Official::find("0.5.17")).flatten() else { return };
    fixture.restore_by(&judge, &official::Target::Latest, &output).unwrap();
    assert_same(&output, &fixture.config.path, "official");
    fs::remove_file(&output).unwrap();
}

/// Compares piece by piece: the files are larger than memory has to be.
fn assert_same(restored: &Path, live: &Path, judge: &str) {
    let (mut a, mut b) = (File::open(restored).unwrap(), File::open(live).unwrap());
    assert_eq!(a.metadata().unwrap().len(), b.metadata().unwrap().len(), "size, {judge}");
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut at = 0u64;
    loop {
        let read = a.read(&mut left).unwrap();
        b.read_exact(&mut right[..read]).unwrap();
        assert!(left[..read] == right[..read], "different in the 1 MiB from byte {at} on, {judge}");
        at += read as u64;
        if read == 0 {
            return;
        }
    }
}
