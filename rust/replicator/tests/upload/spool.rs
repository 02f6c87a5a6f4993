//! The upload queue stays bounded while the store is away, and a full disk stops captures without a loss.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    time::Duration,
};

use crate::support::{
    App, Fixture,
    bucket::{Bucket, key},
    restored::restored,
    rows,
};
use litestream_core::{config::QueueBounds, replica::Level};
use litestream_testkit::s3::{Effect, Fault, Operation};

const BOUNDS: QueueBounds = QueueBounds { files: 10, bytes: 64 << 20 };

fn fixture() -> Fixture {
    let mut fixture = Fixture::new(4096);
    fixture.config.queue = BOUNDS;
    // The page map goes on at checkpoints, and needs its files until then.
    fixture.config.min_checkpoint_pages = 20;
    fixture
}

/// The store refuses every upload; that many transactions wait.
async fn outage(transactions: u64) -> (Fixture, Bucket, App, u64) {
    let fixture = fixture();
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with_last_sync(bucket.replica(), Duration::from_millis(100));
    let before = running.sync().await;
    bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)));
    for _ in 0..transactions {
        rows(&app, "t", 1);
        running.capture().await;
    }
    (fixture, bucket, running, before)
}

/// Without parts of a squashed file that are just being removed.
fn waiting(fixture: &Fixture, acknowledged: u64) -> Vec<(u64, u64)> {
    let mut reached = acknowledged;
    let mut files = fixture.staged_files();
    files.sort_by_key(|&(min, max)| (min, std::cmp::Reverse(max)));
    files.retain(|&(_, max)| {
        let further = max > reached;
        reached = reached.max(max);
        further
    });
    files
}

async fn until_squashed(fixture: &Fixture, acknowledged: u64) -> Vec<(u64, u64)> {
    for _ in 0..2000 {
        let files = waiting(fixture, acknowledged);
        // The page map needs the newest ones for a while.
        if files.iter().any(|(min, max)| min < max) && files.len() <= 3 * BOUNDS.files {
            return files;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{:?}", waiting(fixture, acknowledged));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_queue_is_squashed_while_the_store_is_away() {
    let (fixture, bucket, running, before) = outage(60).await;
    let files = until_squashed(&fixture, before).await;
    println!("{files:?}");
    assert_eq!(files[0], (before + 1, before + 1), "its name is where a second writer is met");
    let newest = running.listed().await.txid;
    assert_eq!(*files.last().unwrap(), (newest, newest), "it says where the WAL goes on");
    assert!(files.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "a chain: {files:?}");

    bucket.server.faults().clear();
    let newest = running.sync().await;
    let there = bucket.files(Level::L0);
    assert!(there.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{there:?}");
    assert!(there.len() < 40, "{there:?}");
    // With what the process wrote itself, at a checkpoint, since.
    running.stop().await;
    let (txid, image) = restored(&bucket.replica()).await.unwrap();
    assert!(txid >= newest && image == fixture.image());
}

/// A store that is slow: one upload takes its time, and nothing fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_queue_is_squashed_behind_an_upload_that_takes_long() {
    let fixture = fixture();
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    let before = running.sync().await;
    let slow = Fault::on(Operation::PutObject, Effect::DelayMilliseconds(8000)).key(key(before + 1));
    bucket.server.faults().add(slow);
    let (mut captured, mut most) = (before, 0);
    while captured < before + 400 {
        rows(&app, "t", 1);
        captured = running.capture().await;
        most = most.max(waiting(&fixture, before).len());
    }
    let files = waiting(&fixture, before);
    println!("{most} files at most, of {} transactions; then {files:?}", captured - before);
    assert_eq!(running.listed().await.replicated_txid, before, "it is on its way still");
    // The page map needs up to 64, and may be brought up to date a moment later.
    assert!(most < 64 + 64 + 3 * BOUNDS.files, "{most} files waited");
    assert_eq!(files[..2], [(before + 1, before + 1), (before + 2, before + 2)], "these names meet a second writer");
    running.sync().await;
    running.stop().await;
    let there = bucket.files(Level::L0);
    assert!(there.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{there:?}");
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
}

/// Where uploads are far apart, nothing was sent yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_the_oldest_waiting_file_keeps_its_name() {
    let mut fixture = fixture();
    fixture.config.replica.sync_interval = Duration::from_secs(3600);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    running.sync().await;
    for _ in 0..60 {
        rows(&app, "t", 1);
        running.capture().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let acknowledged = running.listed().await.replicated_txid;
    let files = until_squashed(&fixture, acknowledged).await;
    assert_eq!(files[0], (acknowledged + 1, acknowledged + 1), "{files:?}");
    running.sync().await;
    running.stop().await;
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_squashed_queue_survives_the_process() {
    let (fixture, bucket, running, before) = outage(40).await;
    let files = until_squashed(&fixture, before).await;
    assert!(files.iter().any(|(min, max)| min < max));
    let newest = running.listed().await.txid;
    // In time: nothing can be uploaded.
    running.stop().await;
    let files = waiting(&fixture, before);
    let whole = *files.iter().find(|(min, max)| min < max).unwrap();
    // As a death before the removals leaves it: one of the parts is still there.
    let (staged, part) = (fixture.staged_path(whole), fixture.staged_path((whole.0, whole.0)));
    fs::copy(&staged, &part).unwrap();
    let running = fixture.start_with(bucket.replica());
    assert!(running.capture().await >= newest);
    assert!(staged.exists() && !part.exists(), "it takes up room, the longer the store is away the more");
    bucket.server.faults().clear();
    // An upload may still be on its way to be refused; who waits for it would hear so.
    running.until("uploaded", |listed| listed.replicated_txid >= newest).await;
    let there = bucket.files(Level::L0);
    assert!(there.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{there:?}");
    assert!(there.iter().any(|&(min, max)| min == whole.0 && max >= whole.1), "{whole:?} {there:?}");
    running.stop().await;
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
}

/// G4: squashed files have names of their own, so another writer's file in between must be searched for.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_another_writers_file_within_a_squashed_range_is_a_conflict() {
    let (fixture, bucket, running, before) = outage(40).await;
    let files = until_squashed(&fixture, before).await;
    let whole = *files.iter().find(|(min, max)| min < max).unwrap();
    bucket.put(whole.0 + 1, &[7; 300]);
    bucket.server.faults().clear();
    let error = running.try_sync().await.unwrap_err();
    assert!(matches!(error, litestream_core::Error::Conflict { .. }), "{error}");
    assert!(!bucket.files(Level::L0).contains(&whole));
    assert_eq!(bucket.data(whole.0 + 1), [7; 300]);
    running.stop().await;
}

/// G4: also where it came while we were down. Then the replica counts, and we go on behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_another_writers_file_within_a_squashed_range_sets_the_stage_aside() {
    let (fixture, bucket, running, before) = outage(40).await;
    let files = until_squashed(&fixture, before).await;
    running.stop().await;
    let whole = *files.iter().find(|(min, max)| min < max).unwrap();
    bucket.put(whole.0 + 1, &[7; 300]);
    bucket.server.faults().clear();
    let running = fixture.start_with(bucket.replica());
    let newest = running.sync().await;
    let healed = running.until("healed", |listed| listed.error.is_none() && listed.replicated_txid >= newest).await;
    assert!(healed.replicated_txid > whole.0 + 1);
    running.stop().await;
    assert!(!bucket.files(Level::L0).contains(&whole));
    assert_eq!(bucket.data(whole.0 + 1), [7; 300]);
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
}

/// A file system of its own, so that it can be full.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None` where this process may not mount.
    fn mount(folder: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(SmallDisk(folder));
        }
        litestream_testkit::skip::skipped("a small disk cannot be mounted; it needs root");
        None
    }

    /// Leaves no byte.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_disk_stops_captures_and_loses_nothing() {
    let fixture = Fixture::new(4096);
    let meta_path = fixture.config.meta_path.clone();
    let Some(disk) = SmallDisk::mount(&meta_path, "4m") else { return };
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    let before = running.sync().await;

    let filler = disk.fill();
    rows(&app, "t", 50);
    let full = running.until("reported", |listed| listed.error_code.as_deref() == Some("disk_full")).await;
    assert_eq!((full.status.as_str(), full.txid), ("error", before), "{full:?}");
    assert!(full.error.as_ref().unwrap().contains("no space is left"), "{full:?}");
    running.until("late", |listed| listed.lag_seconds > 0.1).await;
    assert!(matches!(running.try_sync().await, Err(litestream_core::Error::DiskFull { .. })));
    // The application goes on, whatever it does to its WAL.
    for mode in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
        crate::support::workload::checkpoint(&app, mode);
        rows(&app, "t", 20);
    }

    fs::remove_file(filler).unwrap();
    let back = running.until("going on", |listed| listed.error.is_none() && listed.replicated_txid > before).await;
    assert_eq!(back.error_code, None);
    running.sync().await;
    running.stop().await;
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
    assert!(fixture.leftovers().is_empty(), "{:?}", fixture.leftovers());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_disk_under_a_replica_is_named_to_the_caller_at_once() {
    let fixture = Fixture::new(4096);
    let folder = fixture.folder.path().join("replica");
    let Some(disk) = SmallDisk::mount(&folder, "4m") else { return };
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    let running = fixture.start();
    running.sync().await;
    let filler = disk.fill();
    rows(&fixture.app(), "t", 50);
    let refused = running.try_sync().await.unwrap_err();
    assert_eq!((refused.code(), refused.exit_status()), ("disk_full", 12), "{refused}");
    assert!(refused.to_string().contains("/replica: free some"), "{refused}");
    fs::remove_file(filler).unwrap();
    running.sync().await;
    running.stop().await;
}

/// The replicator's own row, without which no read lock holds, is the first thing that does not fit.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_disk_under_the_database_is_reported_and_loses_nothing() {
    let mut fixture = Fixture::new(4096);
    let folder = fixture.folder.path().join("small");
    let Some(disk) = SmallDisk::mount(&folder, "4m") else { return };
    fixture.config.path = folder.join("app.sqlite3");
    let app = fixture.app();
    app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    let before = running.sync().await;
    running.stop().await;
    rows(&app, "t", 20);
    // All is in the database file, and the WAL has no room of its own any more.
    crate::support::workload::checkpoint(&app, "TRUNCATE");

    let filler = disk.fill();
    let running = fixture.start_with(bucket.replica());
    let full = running.until("reported", |listed| listed.error_code.as_deref() == Some("disk_full")).await;
    assert_eq!(full.txid, before, "{full:?}");
    assert!(full.error.as_ref().unwrap().contains("app.sqlite3"), "{full:?}");

    fs::remove_file(filler).unwrap();
    running.until("going on", |listed| listed.error.is_none() && listed.replicated_txid > before).await;
    running.sync().await;
    running.stop().await;
    let (_, image) = restored(&bucket.replica()).await.unwrap();
    assert!(image == fixture.image());
}
