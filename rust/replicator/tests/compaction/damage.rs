//! Damaged files in the replica (G2): what the live database still has is there again before anybody needs it.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::support::{App, Fixture, restored::restored, rows};
use litestream_core::{
    control::SnapshotRequest,
    replica::{Level, ReplicaFile},
    restore::Target,
    verify,
};
use litestream_replicator::server::Handler;

const TIMEOUT: Duration = Duration::from_secs(30);

async fn files(fixture: &Fixture) -> Vec<ReplicaFile> {
    fixture.replica().all_files().await.unwrap()
}

fn path(fixture: &Fixture, file: &ReplicaFile) -> PathBuf {
    let name = format!("replica/ltx/{}/{}", file.level.get(), ltx::file_name::format(file.txids));
    fixture.folder.path().join(name)
}

fn damage(fixture: &Fixture, file: &ReplicaFile) {
    let path = path(fixture, file);
    let mut content = fs::read(&path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(path, content).unwrap();
}

async fn work_until(fixture: &Fixture, running: &App, wanted: impl Fn(&[ReplicaFile]) -> bool) {
    let began = Instant::now();
    while !wanted(&files(fixture).await) {
        assert!(began.elapsed() < TIMEOUT, "{:?}\n{:#?}", running.listed().await, files(fixture).await);
        rows(&fixture.app(), "t", 1);
        running.sync().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A replica in which each level has files.
async fn merged() -> (Fixture, App) {
    let mut fixture = Fixture::new(4096);
    fixture.config.maintenance = crate::support::merging();
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&fixture.app(), "t", 100);
    let running = fixture.start();
    running.sync().await;
    work_until(&fixture, &running, |files| (1..=3).all(|level| files.iter().any(|file| file.level.get() == level)))
        .await;
    (fixture, running)
}

async fn order_snapshot(running: &App) -> u64 {
    let request = SnapshotRequest { path: running.path.clone(), timeout: 0 };
    running.replicators.snapshot(request).await.unwrap().txid
}

/// The newest state restores, and nothing is wrong any more.
async fn assert_well_again(fixture: &Fixture, running: App) {
    let newest = running.sync().await;
    let (txid, image) = restored(&fixture.replica()).await.unwrap();
    assert_eq!(txid, newest);
    assert!(image == fixture.image());
    running.until("well again", |listed| listed.error.is_none()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_a_damaged_snapshot_is_replaced_when_the_next_one_is_made() {
    let (fixture, running) = merged().await;
    let snapshot = files(&fixture).await.into_iter().find(|file| file.level == Level::SNAPSHOT).unwrap();
    damage(&fixture, &snapshot);
    assert!(verify::prove(&fixture.replica(), Target::Latest).await.is_err());
    let txid = order_snapshot(&running).await;
    assert!(txid > snapshot.txids.max().get());
    assert_well_again(&fixture, running).await;
}

/// Somebody took out what nothing else follows: all of it, or the newest files.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_what_is_gone_at_the_end_of_the_replica_is_there_again_with_the_next_snapshot() {
    for keep in [0, 1] {
        let (fixture, running) = merged().await;
        let newest = running.sync().await;
        let listed = files(&fixture).await;
        let first = listed.iter().filter(|file| file.level == Level::SNAPSHOT).take(keep);
        let kept: Vec<_> = first.copied().collect();
        for file in listed.iter().filter(|file| !kept.contains(file)) {
            fs::remove_file(path(&fixture, file)).unwrap();
        }
        assert_eq!(order_snapshot(&running).await, newest);
        assert_well_again(&fixture, running).await;
    }
}

/// Found as soon as it is to be merged, and no merge waits for it any longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_a_damaged_file_is_spanned_when_it_is_to_be_merged() {
    for level in [1, 2] {
        let (fixture, running) = merged().await;
        let newest = |files: &[ReplicaFile], level: u8| {
            let of_level = files.iter().filter(|file| file.level.get() == level);
            of_level.max_by_key(|file| file.txids.max()).copied()
        };
        // One that the next level lacks.
        let fresh = |files: &[ReplicaFile]| {
            let above = newest(files, level + 1).map(|file| file.txids.max());
            newest(files, level).filter(|file| Some(file.txids.min()) > above)
        };
        work_until(&fixture, &running, |files| fresh(files).is_some()).await;
        let damaged = fresh(&files(&fixture).await).unwrap();
        damage(&fixture, &damaged);
        let beyond = damaged.txids.max();
        // Behind it, or with it where it was merged before it was damaged: then nobody reads it any more.
        let goes_on = |files: &[ReplicaFile]| newest(files, level + 1).is_some_and(|file| file.txids.max() >= beyond);
        work_until(&fixture, &running, goes_on).await;
        assert_well_again(&fixture, running).await;
    }
}
