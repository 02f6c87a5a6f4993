//! A database that gets pages of another size: no file can hold both, so that the replica needs a snapshot behind the
//! change (G2), and every level is merged up to it and from it on. Both sides restore, by ours and by official Litestream.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::{
    Fixture,
    flaky::{Flaky, Weather},
    process::Process,
    restored::{assert_same, restore},
    rows,
};
use litestream_core::{
    replica::{Layout, Level, Replica, ReplicaFile},
    restore::{IntegrityCheck, RestoreOutcome, Target, plan},
    verify,
};
use litestream_replicator::maintenance::compaction::{self, Stopped};
use litestream_testkit::official::{self, Official};
use ltx::{PageSize, Txid};
use nix::sys::signal::Signal;
use rusqlite::Connection;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A replicated database, merged as it goes, and its newest transaction.
async fn replicated(page_size: u32) -> (Fixture, Process, u64) {
    let mut fixture = Fixture::new(page_size);
    fixture.config.maintenance = crate::support::merging();
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 300);
    let replicator = fixture.spawn().await;
    for _ in 0..5 {
        rows(&app, "t", 3);
        replicator.sync().await;
    }
    let before = replicator.sync().await;
    (fixture, replicator, before)
}

/// Another database takes the place of this one, by rename.
fn replace(fixture: &Fixture, page_size: u32) {
    let other = fixture.folder.path().join("other.sqlite3");
    let connection = Connection::open(&other).unwrap();
    connection.pragma_update(None, "page_size", page_size).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&connection, "t", 200);
    connection.close().unwrap();
    for side in ["sqlite3-wal", "sqlite3-shm"] {
        let _ = fs::remove_file(fixture.config.path.with_extension(side));
    }
    fs::rename(&other, &fixture.config.path).unwrap();
}

/// As an application does that leaves WAL mode for it.
fn vacuum_into(fixture: &Fixture, page_size: u32) {
    let app = fixture.app();
    app.pragma_update(None, "journal_mode", "delete").unwrap();
    app.pragma_update(None, "page_size", page_size).unwrap();
    app.execute_batch("VACUUM").unwrap();
    app.pragma_update(None, "journal_mode", "wal").unwrap();
    assert_eq!(fixture.page_size(), page_size as usize);
}

async fn files(fixture: &Fixture) -> Vec<ReplicaFile> {
    fixture.replica().all_files().await.unwrap()
}

fn reaches(files: &[ReplicaFile], level: u8, txid: u64) -> bool {
    files.iter().any(|file| file.level.get() == level && file.txids.max().get() >= txid)
}

/// A snapshot that a restore of the newest state begins with reaches beyond this transaction.
async fn until_spanned(fixture: &Fixture, replicator: &Process, before: u64) {
    let began = Instant::now();
    loop {
        let files = files(fixture).await;
        if reaches(&files, 9, before + 1) {
            return;
        }
        assert!(began.elapsed() < TIMEOUT, "{:?}\n{files:#?}", replicator.listed().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Commits until every level reaches beyond this transaction.
async fn until_merged(fixture: &Fixture, replicator: &Process, before: u64) {
    let began = Instant::now();
    let app = fixture.app();
    loop {
        rows(&app, "t", 1);
        replicator.sync().await;
        let files = files(fixture).await;
        if (1..=3).all(|level| reaches(&files, level, before + 2)) {
            return;
        }
        assert!(began.elapsed() < TIMEOUT, "{:?}\n{files:#?}", replicator.listed().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The first transaction with pages of this size, and that no file on any level holds both it and the one before.
async fn change(fixture: &Fixture, page_size: u32) -> u64 {
    let page_size = PageSize::new(page_size).unwrap();
    let sizes = fixture.files();
    let first = sizes.iter().find(|(header, _)| header.page_size == page_size).unwrap().0.txids.min();
    for file in files(fixture).await.iter().filter(|file| file.level < Level::SNAPSHOT) {
        assert!(file.txids.max() < first || file.txids.min() >= first, "{file:?} across {first}");
    }
    first.get()
}

async fn ours(fixture: &Fixture, target: Target) -> Vec<u8> {
    let output = fixture.folder.path().join("ours");
    let restored = restore(&fixture.replica(), target, &output, IntegrityCheck::Full).await.unwrap();
    assert!(matches!(restored, RestoreOutcome::Restored(_)));
    let image = fs::read(&output).unwrap();
    fs::remove_file(output).unwrap();
    image
}

fn at(txid: u64) -> Target {
    Target::Txid(Txid::new(txid).unwrap())
}

/// By ours and by official Litestream.
async fn assert_restores(fixture: &Fixture, txid: u64, image: &[u8], page_size: u32) {
    assert_same(&ours(fixture, at(txid)).await, image, page_size as usize, &format!("TXID {txid} by ours"));
    if let Some(judge) = Official::find("0.5.17") {
        let restored = fixture.restored_by(&judge, txid).unwrap();
        assert_same(&restored, image, page_size as usize, &format!("TXID {txid} by official"));
    }
}

async fn assert_restores_newest(fixture: &Fixture) {
    let (image, page_size) = (fixture.image(), fixture.page_size());
    assert_same(&ours(fixture, Target::Latest).await, &image, page_size, "newest by ours");
    if let Some(judge) = Official::find("0.5.17") {
        let output = fixture.folder.path().join("official");
        fixture.restore_by(&judge, &official::Target::Latest, &output).unwrap();
        assert_same(&fs::read(&output).unwrap(), &image, page_size, "newest by official");
        fs::remove_file(output).unwrap();
    }
}

/// After everything of level 0 that was merged went, too.
async fn assert_both_sides_restore(fixture: &Fixture, before: u64, image: &[u8], sizes: (u32, u32)) {
    let first = change(fixture, sizes.1).await;
    assert_eq!(first, before + 1);
    assert_restores(fixture, before, image, sizes.0).await;
    assert_restores_newest(fixture).await;
    let listed = files(fixture).await;
    let merged = listed.iter().filter(|file| file.level.get() == 1).map(|file| file.txids.max()).max().unwrap();
    for file in listed.iter().filter(|file| file.level == Level::L0 && file.txids.max() <= merged) {
        fs::remove_file(fixture.replica_file(file.txids.max().get())).unwrap();
    }
    assert_restores(fixture, before, image, sizes.0).await;
    assert_restores_newest(fixture).await;
}

/// A new process makes the snapshot, merges on every level, and leaves both sides sound.
async fn assert_the_next_start_makes_up_for_it(fixture: &Fixture, before: u64, image: &[u8], sizes: (u32, u32)) {
    let replicator = fixture.spawn().await;
    until_spanned(fixture, &replicator, before).await;
    until_merged(fixture, &replicator, before).await;
    replicator.sync().await;
    replicator.stop();
    assert_both_sides_restore(fixture, before, image, sizes).await;
}

async fn replaced_while_it_runs(from: u32, to: u32) {
    let (fixture, replicator, before) = replicated(from).await;
    let image = fixture.image();
    // Or it would open the former database anew between the steps that this takes.
    replicator.signal(Signal::SIGSTOP);
    replace(&fixture, to);
    replicator.signal(Signal::SIGCONT);
    // Promptly: no job of maintenance would make one within the time of this test.
    until_spanned(&fixture, &replicator, before).await;
    until_merged(&fixture, &replicator, before).await;
    assert_eq!(replicator.listed().await.error, None);
    replicator.sync().await;
    replicator.stop();
    assert_both_sides_restore(&fixture, before, &image, (from, to)).await;
}

#[tokio::test]
async fn g2_a_database_replaced_by_one_with_smaller_pages_restores_on_both_sides() {
    replaced_while_it_runs(4096, 1024).await;
}

#[tokio::test]
async fn g2_a_database_replaced_by_one_with_larger_pages_restores_on_both_sides() {
    replaced_while_it_runs(4096, 65_536).await;
}

#[tokio::test]
async fn g2_a_database_vacuumed_into_pages_of_another_size_restores_on_both_sides() {
    let (fixture, replicator, before) = replicated(4096).await;
    let image = fixture.image();
    // While it runs, SQLite does not let the application leave WAL mode.
    replicator.stop();
    vacuum_into(&fixture, 1024);
    assert_the_next_start_makes_up_for_it(&fixture, before, &image, (4096, 1024)).await;
}

/// The process dies when the new pages are in level 0 and the snapshot is not there yet.
async fn dead_before_the_snapshot(from: u32, to: u32) -> (Fixture, u64, Vec<u8>) {
    let (fixture, replicator, before) = replicated(from).await;
    let image = fixture.image();
    replicator.stop();
    replace(&fixture, to);
    fixture.spawn_to_die("heal: before the PUT", 1).wait_soon();
    let files = files(&fixture).await;
    assert!(reaches(&files, 0, before + 1) && !reaches(&files, 9, before + 1), "{files:?}");
    // Until then: ours restores, and verify finds nothing wrong.
    assert_same(&ours(&fixture, Target::Latest).await, &fixture.image(), to as usize, "mixed");
    (fixture, before, image)
}

#[tokio::test]
async fn g2_a_death_before_the_snapshot_is_made_up_for_at_the_next_start() {
    let (fixture, before, image) = dead_before_the_snapshot(4096, 1024).await;
    assert_the_next_start_makes_up_for_it(&fixture, before, &image, (4096, 1024)).await;
}

/// It needs no merge.
#[tokio::test]
async fn g2_a_death_before_the_snapshot_is_made_up_for_where_nothing_is_merged() {
    let (mut fixture, before, _) = dead_before_the_snapshot(1024, 4096).await;
    fixture.config.maintenance = crate::support::quiet();
    let replicator = fixture.spawn().await;
    until_spanned(&fixture, &replicator, before).await;
    replicator.stop();
    assert_restores_newest(&fixture).await;
}

/// The rest of maintenance goes on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_snapshot_that_cannot_be_made_keeps_nothing_from_being_merged() {
    let mut fixture = Fixture::new(4096);
    fixture.config.maintenance = crate::support::merging();
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    let store = Flaky::new();
    let replica = || Replica::new(store.clone(), Layout::S3 { path: "db".into() });
    let listed = || async { replica().all_files().await.unwrap() };
    let running = fixture.start_with(replica());
    rows(&fixture.app(), "t", 3);
    let before = running.sync().await;
    running.stop().await;

    vacuum_into(&fixture, 1024);
    store.set(Weather::Refuse("db/0009/"));
    let running = fixture.start_with(replica());
    let began = Instant::now();
    // More than one merge behind the change.
    for wanted in [before + 1, before + 4] {
        while !reaches(&listed().await, 1, wanted) {
            assert!(began.elapsed() < TIMEOUT, "{:?}\n{:#?}", running.listed().await, listed().await);
            rows(&fixture.app(), "t", 1);
            running.sync().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(!reaches(&listed().await, 9, before + 1));
    store.set(Weather::Fair);
    running.until("well again", |listed| listed.error.is_none()).await;
    assert!(reaches(&listed().await, 9, before + 1));
    running.stop().await;
}

/// The live database has the size of the replica's oldest snapshot again; what lies between does not. Merging finds it.
#[tokio::test]
async fn g2_a_change_and_a_change_back_are_found_when_they_are_merged() {
    let (fixture, before, image) = dead_before_the_snapshot(4096, 1024).await;
    replace(&fixture, 4096);
    let replicator = fixture.spawn().await;
    until_spanned(&fixture, &replicator, before + 1).await;
    until_merged(&fixture, &replicator, before + 2).await;
    replicator.sync().await;
    replicator.stop();
    assert_restores_newest(&fixture).await;
    assert_restores(&fixture, before, &image, 4096).await;
}

/// Which both sizes were in would be no snapshot.
#[tokio::test]
async fn a_snapshot_made_of_files_never_crosses_a_change() {
    let (fixture, before, _) = dead_before_the_snapshot(4096, 1024).await;
    let replica = fixture.replica();
    let planned = compaction::snapshot(&files(&fixture).await).unwrap().unwrap();
    let merged = planned.perform(&replica, |_| None, fixture.folder.path()).await.unwrap();
    let change = Txid::new(before + 1).unwrap();
    assert_eq!((merged.file, merged.stopped), (None, Some(Stopped::Resized(change))));
    assert!(!reaches(&files(&fixture).await, 9, before));
    let mixed = plan(&files(&fixture).await, Target::Latest).unwrap();
    assert!(mixed.files().len() > 1);
    let verified = verify::prove(&replica, Target::Latest).await.unwrap();
    assert_eq!(verified.page_size.get(), 1024);
}
