//! Where official Litestream uploads the whole database although little changed, only what changed is captured: the page
//! map knows every page of the last captured transaction. Each case restores to the recorded bytes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::support::{Fixture, process::Process, rows, workload};
use rusqlite::Connection;

/// Enough to distinguish a few changed pages from all of them.
const ROWS: usize = 3000;

/// A replicated database of some hundred pages, mapped; an application; its replicator.
async fn replicated() -> (Fixture, Connection, Process) {
    let fixture = Fixture::new(512);
    let app = fixture.app();
    workload::prepare(&app);
    app.execute_batch("CREATE TABLE t (x); BEGIN").unwrap();
    rows(&app, "t", ROWS);
    app.execute_batch("COMMIT").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    mapped(&fixture).await;
    (fixture, app, replicator)
}

fn map_of(fixture: &Fixture) -> PathBuf {
    fixture.config.meta_path.join("page-map")
}

async fn mapped(fixture: &Fixture) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !map_of(fixture).exists() {
        assert!(Instant::now() < deadline, "no page map");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn change_little(app: &Connection) {
    app.execute_batch("UPDATE t SET x = 'changed' WHERE rowid IN (10, 1000, 2000)").unwrap();
}

/// Syncs, and checks that the files since `before` hold a small part of the database, and that they restore to it.
async fn assert_little_and_right(fixture: &Fixture, replicator: Process, before: u64) {
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    let files = fixture.files();
    let since = files.iter().filter(|(header, _)| header.txids.max().get() > before);
    let captured: usize = since.map(|(_, pages)| pages).sum();
    let whole = image.len() / 512;
    assert!(txid > before && captured < whole / 4, "{captured} pages of {whole} captured since TXID {before}");
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

#[tokio::test]
async fn a_wal_restarted_by_others_while_we_were_down_costs_only_the_changes() {
    for mode in ["RESTART", "TRUNCATE"] {
        let (fixture, app, replicator) = replicated().await;
        let before = replicator.sync().await;
        replicator.stop();
        change_little(&app);
        workload::checkpoint(&app, mode);
        change_little(&app);
        assert_little_and_right(&fixture, fixture.spawn().await, before).await;
    }
}

#[tokio::test]
async fn a_wal_deleted_by_the_last_connection_costs_only_the_changes() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    change_little(&app);
    app.close().unwrap();
    assert!(!fixture.config.path.with_extension("sqlite3-wal").exists());
    assert_little_and_right(&fixture, fixture.spawn().await, before).await;
}

#[tokio::test]
async fn checkpoints_of_the_application_while_we_run_cost_nothing() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    for mode in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
        change_little(&app);
        workload::checkpoint(&app, mode);
        change_little(&app);
        replicator.sync().await;
    }
    assert_little_and_right(&fixture, replicator, before).await;
}

#[tokio::test]
async fn a_plain_restart_costs_nothing() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    change_little(&app);
    assert_little_and_right(&fixture, fixture.spawn().await, before).await;
}

/// The file is replaced by a copy in which little is different, as by a restore or by `VACUUM INTO` and a rename.
#[tokio::test]
async fn a_database_replaced_by_rename_while_we_run_costs_only_the_changes() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    change_little(&app);
    replicator.sync().await;
    let copy = fixture.folder.path().join("copy.sqlite3");
    fs::write(&copy, fixture.image()).unwrap();
    app.close().unwrap();
    let changed = Connection::open(&copy).unwrap();
    changed.execute_batch("UPDATE t SET x = 'elsewhere' WHERE rowid = 1500").unwrap();
    changed.close().unwrap();
    replace(&copy, &fixture.config.path);
    let newest = replicator.listed().await.txid;
    let deadline = Instant::now() + Duration::from_secs(20);
    while replicator.listed().await.txid == newest {
        assert!(Instant::now() < deadline, "the replacement went unnoticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_little_and_right(&fixture, replicator, before).await;
}

#[tokio::test]
async fn a_database_replaced_while_we_were_down_costs_only_the_changes() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    change_little(&app);
    let copy = fixture.folder.path().join("copy.sqlite3");
    fs::write(&copy, fixture.image()).unwrap();
    app.close().unwrap();
    replace(&copy, &fixture.config.path);
    assert_little_and_right(&fixture, fixture.spawn().await, before).await;
}

/// The disk is put back to an older state, with everything on it. The replica keeps its history, and goes on behind it.
#[tokio::test]
async fn a_disk_put_back_to_an_older_state_costs_only_the_changes() {
    let (fixture, app, replicator) = replicated().await;
    replicator.sync().await;
    replicator.stop();
    app.close().unwrap();
    let (old, kept) =
        (fixture.folder.path().join("old"), [fixture.config.path.clone(), fixture.config.meta_path.clone()]);
    fs::create_dir(&old).unwrap();
    copy_all(&kept, &old);

    let app = fixture.app();
    let replicator = fixture.spawn().await;
    for _ in 0..3 {
        change_little(&app);
        rows(&app, "t", 10);
        replicator.sync().await;
    }
    let (before, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    app.close().unwrap();

    fs::remove_file(&fixture.config.path).unwrap();
    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
    let saved: Vec<PathBuf> = kept.iter().map(|path| old.join(path.file_name().unwrap())).collect();
    copy_all(&saved, fixture.folder.path());
    let replicator = fixture.spawn().await;
    fixture.assert_restores(before, &image);
    assert_little_and_right(&fixture, replicator, before).await;
}

#[tokio::test]
async fn a_lost_stage_costs_only_the_changes() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
    change_little(&app);
    assert_little_and_right(&fixture, fixture.spawn().await, before).await;
}

#[tokio::test]
async fn vacuum_costs_the_pages_that_it_changed() {
    let (fixture, app, replicator) = replicated().await;
    app.execute_batch("VACUUM").unwrap();
    let before = replicator.sync().await;
    change_little(&app);
    app.execute_batch("VACUUM").unwrap();
    assert_little_and_right(&fixture, replicator, before).await;
}

/// Changes a map; also gets the map of another database.
type Damage = fn(&mut Vec<u8>, &[u8]);

/// The content of the replica is then read from the replica.
#[tokio::test]
async fn a_map_that_is_not_whole_or_not_ours_is_not_believed() {
    let (other, app, replicator) = replicated().await;
    rows(&app, "t", 1);
    replicator.sync().await;
    replicator.stop();
    let foreign = fs::read(map_of(&other)).unwrap();
    drop(app);
    let damages: [Damage; 4] = [
        |map, _| map[30] ^= 1,
        |map, _| map.truncate(6000),
        |map, _| map.clear(),
        |map, foreign| *map = foreign.to_vec(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        let (fixture, app, replicator) = replicated().await;
        let before = replicator.sync().await;
        replicator.stop();
        let mut map = fs::read(map_of(&fixture)).unwrap();
        damage(&mut map, &foreign);
        fs::write(map_of(&fixture), map).unwrap();
        change_little(&app);
        workload::checkpoint(&app, "TRUNCATE");
        println!("damage {number}");
        assert_little_and_right(&fixture, fixture.spawn().await, before).await;
    }
}

/// As official Litestream does it.
#[tokio::test]
async fn without_a_map_and_a_readable_replica_the_whole_database_is_captured() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    fs::remove_file(map_of(&fixture)).unwrap();
    let first = fixture.replica_file(1);
    let whole = fs::read(&first).unwrap();
    let mut damaged = whole.clone();
    damaged[200] ^= 1;
    fs::write(&first, damaged).unwrap();
    assert_whole_and_right(fixture, &app, before, || fs::write(&first, &whole).unwrap()).await;
}

/// Noticed only where it matters.
#[tokio::test]
async fn an_entry_that_the_disk_changed_is_not_believed() {
    let (fixture, app, replicator) = replicated().await;
    let before = replicator.sync().await;
    replicator.stop();
    let mut map = fs::read(map_of(&fixture)).unwrap();
    map[2 * 4096 + 300] ^= 1;
    fs::write(map_of(&fixture), map).unwrap();
    assert_whole_and_right(fixture, &app, before, || ()).await;
}

async fn assert_whole_and_right(fixture: Fixture, app: &Connection, before: u64, repair: impl FnOnce()) {
    change_little(app);
    workload::checkpoint(app, "TRUNCATE");
    let replicator = fixture.spawn().await;
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    let captured = fixture.files_from(before + 1);
    assert_eq!(captured[0].1, captured[0].0.commit as usize, "every page");
    repair();
    fixture.assert_restores(txid, &image);
}

/// The database and what SQLite keeps beside it.
fn replace(copy: &Path, database: &Path) {
    for side in ["sqlite3-wal", "sqlite3-shm"] {
        let _ = fs::remove_file(database.with_extension(side));
    }
    fs::rename(copy, database).unwrap();
}

fn copy_all(sources: &[PathBuf], folder: &Path) {
    for source in sources {
        let copy = folder.join(source.file_name().unwrap());
        if source.is_dir() {
            fs::create_dir(&copy).unwrap();
            let inside: Vec<PathBuf> = fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).collect();
            copy_all(&inside, &copy);
        } else {
            fs::copy(source, copy).unwrap();
        }
    }
}
