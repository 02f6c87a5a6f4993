//! Maintenance of a replica whose store fails in the middle of it.

use std::{fs, sync::Arc, time::Duration};

use crate::support::{
    App, Fixture,
    bucket::key,
    flaky::{Flaky, Weather},
    restored::restored,
    rows, with_other_pages,
};
use litestream_core::{
    control::SnapshotRequest,
    replica::{Layout, Level, Replica, ReplicaFile},
    restore::{Target, plan},
    store::{Body, Key, PutOptions, Store},
};
use litestream_replicator::server::Handler;
use ltx::TxidRange;
use tokio::time::{Instant, sleep};

const TIMEOUT: Duration = Duration::from_secs(30);

async fn files(store: &Arc<Flaky>) -> Vec<ReplicaFile> {
    replica(store).all_files().await.unwrap()
}

fn replica(store: &Arc<Flaky>) -> Replica {
    Replica::new(store.clone(), Layout::S3 { path: "db".into() })
}

/// Commits until the replica is as wanted. Whatever maintenance does, the newest state can be planned.
async fn work_until(fixture: &Fixture, running: &App, store: &Arc<Flaky>, wanted: impl Fn(&[ReplicaFile]) -> bool) {
    let began = Instant::now();
    loop {
        rows(&fixture.app(), "t", 1);
        let newest = running.sync().await;
        let files = files(store).await;
        assert!(plan(&files, Target::Latest).unwrap().txid().get() >= newest);
        if wanted(&files) {
            return;
        }
        assert!(began.elapsed() < TIMEOUT, "{:?}\n{files:#?}", running.listed().await);
        sleep(Duration::from_millis(10)).await;
    }
}

async fn hasty() -> (Fixture, App, Arc<Flaky>) {
    let mut fixture = Fixture::new(4096);
    fixture.config.maintenance = crate::support::hasty();
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    let store = Flaky::new();
    let running = fixture.start_with(replica(&store));
    (fixture, running, store)
}

fn merged(files: &[ReplicaFile]) -> impl Iterator<Item = TxidRange> {
    files.iter().filter(|file| file.level == Level::new(1).unwrap()).map(|file| file.txids)
}

fn newest_merged(files: &[ReplicaFile]) -> u64 {
    merged(files).map(|txids| txids.max().get()).max().unwrap_or(0)
}

/// The file lies there: it is found by listing again, and the next one begins behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_merge_whose_answer_was_lost_is_found_again() {
    let (fixture, running, store) = hasty().await;
    store.set(Weather::LoseAnswerFor("db/0001/"));
    work_until(&fixture, &running, &store, |_| store.is_fair()).await;
    let lost = newest_merged(&files(&store).await);
    work_until(&fixture, &running, &store, |files| newest_merged(files) > lost).await;
    let merged: Vec<_> = merged(&files(&store).await).collect();
    let overlap = merged.windows(2).any(|two| two[1].min() <= two[0].max());
    assert!(!overlap, "{merged:?}");
    running.until("well again", |listed| listed.error.is_none()).await;
    running.stop().await;
}

/// G4: two writers; ours cannot upload, and another one's files have come where ours were to be.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_unacknowledged_files_are_never_merged_with_another_writers() {
    let (fixture, running, store) = hasty().await;
    work_until(&fixture, &running, &store, |files| newest_merged(files) > 0).await;
    let acknowledged = running.sync().await;
    store.set(Weather::Refuse("db/0000/"));
    let mut ours = acknowledged;
    while ours < acknowledged + 3 {
        rows(&fixture.app(), "t", 1);
        ours = running.capture().await;
    }
    for txid in acknowledged + 1..=ours {
        let theirs = with_other_pages(&fs::read(fixture.staged_path((txid, txid))).unwrap());
        let body = Body::Bytes(theirs.into());
        store.inner.put(&Key::new(key(txid)), body, PutOptions::default()).await.unwrap();
    }
    // Maintenance goes on meanwhile: whatever may be merged is, and deleted after its time.
    let began = Instant::now();
    let is_left = |file: &ReplicaFile| file.level == Level::L0 && file.txids.max().get() < acknowledged;
    while files(&store).await.iter().any(is_left) {
        assert!(began.elapsed() < TIMEOUT, "{:?}\n{:#?}", running.listed().await, files(&store).await);
        sleep(Duration::from_millis(10)).await;
    }
    let above = files(&store).await.into_iter().filter(|file| file.level > Level::L0);
    assert_eq!(above.map(|file| file.txids.max().get()).max(), Some(acknowledged));
    store.set(Weather::Fair);
    running.until("stopped", |listed| listed.status == "stopped").await;
    running.stop().await;
}

/// Between the first upload and the first snapshot, which level 1 waits for, there is nothing to merge.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_snapshot_on_demand_may_be_the_first_one() {
    let fixture = Fixture::new(4096);
    let running = fixture.start();
    let first = running.sync().await;
    assert_eq!(first, 1, "one file is all there is");
    let request = || running.replicators.snapshot(SnapshotRequest { path: running.path.clone(), timeout: 0 });
    let made = request().await.unwrap();
    assert_eq!((made.status.as_str(), made.txid), ("created", first));
    let again = request().await.unwrap();
    assert_eq!((again.status.as_str(), again.txid), ("no_change", first));
    let levels: Vec<_> = fixture.replica().all_files().await.unwrap().iter().map(|file| file.level).collect();
    assert_eq!(levels, [Level::L0, Level::SNAPSHOT]);
    assert_eq!(restored(&fixture.replica()).await.unwrap().1, fixture.image());
    running.stop().await;
}

/// Some of the files are gone, without a word which.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_deletion_that_stopped_halfway_is_finished() {
    let (fixture, running, store) = hasty().await;
    store.set(Weather::DeleteHalf);
    work_until(&fixture, &running, &store, |_| store.is_fair()).await;
    let half = files(&store).await;
    let condemned = half.iter().filter(|file| file.level == Level::L0).map(|file| file.txids.min()).min().unwrap();
    let gone = |files: &[ReplicaFile]| files.iter().all(|file| file.level > Level::L0 || file.txids.min() > condemned);
    work_until(&fixture, &running, &store, gone).await;
    running.stop().await;
}
