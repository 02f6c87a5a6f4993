//! Several uploads at once, and gaps in a replica (G2): over the wire, on a server that delays, refuses and loses.

use std::{fs, time::Duration};

use crate::support::{
    App, Fixture,
    bucket::{Bucket, key},
    restored::restored,
    rows, with_other_pages,
};
use litestream_core::{Error, replica::Level};
use litestream_testkit::s3::{Effect, Fault, Operation};
use rusqlite::Connection;

const WAITING: u64 = 8;

/// A replicator that uploads only for a requested sync, so that files are queued.
fn patient() -> (Fixture, Connection, Bucket) {
    let mut fixture = Fixture::new(4096);
    fixture.config.replica.sync_interval = Duration::from_secs(3600);
    fixture.config.monitor_interval = Duration::from_secs(3600);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    (fixture, app, Bucket::new())
}

/// The newest acknowledged transaction, with [`WAITING`] more staged behind it.
async fn queue(fixture: &Fixture, app: &Connection, bucket: &Bucket) -> (App, u64) {
    let running = fixture.start_with(bucket.replica());
    let mut before = running.sync().await;
    // Haste that came too late for one round is for the next.
    while running.listed().await.replicated_txid == running.listed().await.txid {
        before = running.listed().await.txid;
        rows(app, "t", 1);
        running.capture().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for _ in 1..WAITING {
        rows(app, "t", 1);
        running.capture().await;
    }
    assert_eq!(running.listed().await.txid, before + WAITING);
    (running, before)
}

fn singles(to: u64) -> Vec<(u64, u64)> {
    (1..=to).map(|txid| (txid, txid)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_files_behind_a_slow_one_arrive_and_are_acknowledged_in_order() {
    let (fixture, app, bucket) = patient();
    let (running, before) = queue(&fixture, &app, &bucket).await;
    bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::DelayMilliseconds(1500)).key(key(before + 2)));
    let sync = async { running.sync().await };
    let watch = async {
        while !bucket.files(Level::L0).contains(&(before + 4, before + 4)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.listed().await.replicated_txid
    };
    let (newest, acknowledged) = tokio::join!(sync, watch);
    assert_eq!(acknowledged, before + 1, "TXID {} was there, the one before it was not", before + 4);
    assert_eq!(newest, before + WAITING);
    assert_eq!(bucket.files(Level::L0), singles(newest));
    assert_eq!(bucket.server.requests().count(Operation::PutObject), newest, "each once");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_files_uploaded_behind_a_failed_one_are_not_acknowledged_and_not_sent_again() {
    let (fixture, app, bucket) = patient();
    let (running, before) = queue(&fixture, &app, &bucket).await;
    let denied = Fault::on(Operation::PutObject, Effect::Status(403)).key(key(before + 2)).once();
    bucket.server.faults().add(denied);
    assert!(matches!(running.try_sync().await, Err(Error::Store(_))));
    assert_eq!(running.listed().await.replicated_txid, before + 1);
    let behind = bucket.files(Level::L0).len() as u64 - (before + 1);
    assert!((1..=3).contains(&behind), "{behind} of those on their way came through");
    let newest = running.sync().await;
    assert_eq!((newest, bucket.files(Level::L0)), (before + WAITING, singles(newest)));
    assert_eq!(
        bucket.server.requests().count(Operation::PutObject),
        newest + 1,
        "only the one that failed is sent twice"
    );
    running.stop().await;
}

/// Answers lost in any number, requests cut off, in any order: every file is there, once, and every state restores.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_lost_answers_and_lost_requests_leave_no_gap() {
    let (fixture, app, bucket) = patient();
    let (running, before) = queue(&fixture, &app, &bucket).await;
    for (behind, effect) in [
        (2, Effect::LoseAnswer),
        (3, Effect::Reset),
        (4, Effect::DelayMilliseconds(300)),
        (5, Effect::CutRequest(10)),
        (6, Effect::LoseAnswer),
    ] {
        bucket.server.faults().add(Fault::on(Operation::PutObject, effect).key(key(before + behind)).times(2));
    }
    let newest = running.sync().await;
    assert_eq!((newest, bucket.files(Level::L0)), (before + WAITING, singles(newest)));
    let (txid, image) = restored(&bucket.replica()).await.unwrap();
    assert!(txid == newest && image == fixture.image());
    running.stop().await;
}

/// G4: the loser leaves nothing of its own behind the winner's file.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_files_uploaded_behind_another_writers_file_are_deleted() {
    let (fixture, app, bucket) = patient();
    let (running, before) = queue(&fixture, &app, &bucket).await;
    bucket.put(before + 2, &[7; 300]);
    let slow = Fault::on(Operation::PutObject, Effect::DelayMilliseconds(500)).key(key(before + 2));
    bucket.server.faults().add(slow);
    let error = running.try_sync().await.unwrap_err();
    assert!(matches!(&error, Error::Conflict { what, .. } if what.contains(&key(before + 2))), "{error}");
    assert!(bucket.server.requests().of(Operation::PutObject).len() as u64 > before + 3, "some were on their way");
    assert_eq!(bucket.files(Level::L0), singles(before + 2));
    assert_eq!(bucket.data(before + 2), [7; 300]);
    running.stop().await;
}

/// A process that is killed when the second of [`WAITING`] files was refused and some behind it came through. The newest
/// transaction before those files, and the database at each of them.
async fn die_behind_a_hole(fixture: &Fixture, app: &Connection, bucket: &Bucket) -> (u64, Vec<(u64, Vec<u8>)>) {
    let process = fixture.spawn().await;
    let mut before = process.sync().await;
    while process.listed().await.replicated_txid == process.listed().await.txid {
        before = process.listed().await.txid;
        rows(app, "t", 1);
        process.capture().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut images = vec![(before + 1, fixture.image())];
    for _ in 1..WAITING {
        rows(app, "t", 1);
        images.push((process.capture().await, fixture.image()));
    }
    bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)).key(key(before + 2)));
    assert!(process.try_sync().await.is_err());
    process.kill();
    (before, images)
}

/// G1: the machine dies while a later file is there and an earlier one is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g1_a_death_between_uploads_keeps_acknowledged_files_and_the_next_start_fills_the_gap() {
    let (mut fixture, app, bucket) = patient();
    fixture.endpoint = Some(bucket.server.endpoint());
    let (before, images) = die_behind_a_hole(&fixture, &app, &bucket).await;
    assert!(!bucket.files(Level::L0).contains(&(before + 2, before + 2)));
    assert!(bucket.files(Level::L0).contains(&(before + 3, before + 3)), "{:?}", bucket.files(Level::L0));
    let lies = restored(&bucket.replica()).await.unwrap();
    assert!(lies == images[0], "TXID {} after {}", lies.0, images[0].0);

    bucket.server.faults().clear();
    let process = fixture.spawn().await;
    let newest = process.sync().await;
    process.stop();
    assert_eq!(
        (newest, bucket.files(Level::L0)),
        (before + WAITING, singles(newest)),
        "filled by the files themselves"
    );
    assert!(restored(&bucket.replica()).await.unwrap() == *images.last().unwrap());
}

/// G4: killed when it would have met another writer's file, with files of its own behind that. Their names do not tell, so
/// that a restore of what lies there mixes two histories; the next start takes ours back.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_a_death_before_that_is_made_up_for_at_the_next_start() {
    let (mut fixture, app, bucket) = patient();
    fixture.endpoint = Some(bucket.server.endpoint());
    let (before, _) = die_behind_a_hole(&fixture, &app, &bucket).await;
    let behind: Vec<_> = bucket.files(Level::L0).into_iter().filter(|&(min, _)| min > before + 2).collect();
    assert!(!behind.is_empty());
    bucket.server.faults().clear();
    bucket.put(before + 2, &of_another_writer(&fixture, before + 2));

    let running = fixture.start_with(bucket.replica());
    let newest = running.sync().await;
    running.stop().await;
    let went_on = bucket.files(Level::L0).into_iter().filter(|&(min, _)| min > before + 2).count() as u64;
    assert_eq!((newest, went_on), (before + 3, 1), "behind the other writer's file, which stays");
    let (txid, image) = restored(&bucket.replica()).await.unwrap();
    assert!(txid == newest && image == fixture.image(), "{txid} {newest}");
}

/// Our staged file with other pages in it.
fn of_another_writer(fixture: &Fixture, txid: u64) -> Vec<u8> {
    with_other_pages(&fs::read(fixture.staged_path((txid, txid))).unwrap())
}

/// G4: the database is gone, too. What is restored is the other writer's history, not a mixture that the same start takes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_files_behind_another_writers_file_are_deleted_before_an_absent_database_is_restored() {
    let (mut fixture, app, bucket) = patient();
    fixture.endpoint = Some(bucket.server.endpoint());
    let (before, images) = die_behind_a_hole(&fixture, &app, &bucket).await;
    bucket.server.faults().clear();
    bucket.put(before + 2, &of_another_writer(&fixture, before + 2));
    app.close().unwrap();
    for name in ["app.sqlite3", "app.sqlite3-wal", "app.sqlite3-shm"] {
        let _ = fs::remove_file(fixture.folder.path().join(name));
    }

    fixture.config.restore_if_absent = true;
    let running = fixture.start_with(bucket.replica());
    running.until("restored", |listed| listed.replicated_txid >= before + 2 && listed.error.is_none()).await;
    running.sync().await;
    running.stop().await;
    let rows = |image: &[u8]| -> u32 {
        let copy = fixture.folder.path().join("copy.sqlite3");
        fs::write(&copy, image).unwrap();
        Connection::open(copy).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    };
    let (txid, expected) = &images[1];
    assert_eq!((*txid, rows(&fixture.image())), (before + 2, rows(expected)));
}

/// A gap that cannot be filled any more is spanned by a snapshot.
async fn assert_healed(fixture: &Fixture, bucket: &Bucket, running: &App, lost: u64) {
    let spanned = || bucket.files(Level::SNAPSHOT).iter().any(|&(min, max)| min == 1 && max > lost);
    running.until("healed", |listed| listed.error.is_none() && spanned()).await;
    assert_restores(fixture, bucket, running).await;
}

async fn assert_restores(fixture: &Fixture, bucket: &Bucket, running: &App) {
    let newest = running.sync().await;
    let (txid, image) = restored(&bucket.replica()).await.unwrap();
    assert!(txid == newest && image == fixture.image(), "{txid} {newest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_a_gap_found_at_the_start_is_healed() {
    for stage_lost in [false, true] {
        let (mut fixture, app, bucket) = patient();
        fixture.config.monitor_interval = Duration::from_millis(20);
        fixture.config.replica.sync_interval = Duration::from_millis(10);
        let running = fixture.start_with(bucket.replica());
        for _ in 0..6 {
            rows(&app, "t", 1);
            running.sync().await;
        }
        running.stop().await;
        bucket.lose(3);
        if stage_lost {
            fs::remove_dir_all(&fixture.config.meta_path).unwrap();
        }
        let running = fixture.start_with(bucket.replica());
        if stage_lost {
            assert_healed(&fixture, &bucket, &running, 3).await;
        } else {
            // Or filled, where the file is staged still.
            assert_restores(&fixture, &bucket, &running).await;
        }
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_a_gap_is_reported_until_it_is_healed() {
    let (fixture, app, bucket) = patient();
    let running = fixture.start_with(bucket.replica());
    for _ in 0..6 {
        rows(&app, "t", 1);
        running.sync().await;
    }
    running.stop().await;
    bucket.lose(3);
    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
    let denied = bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)).key("/0009/"));
    let running = fixture.start_with(bucket.replica());
    let failed = running.until("reported", |listed| listed.error.is_some()).await;
    assert_eq!((failed.status.as_str(), failed.replicated_txid), ("error", 2), "{failed:?}");
    assert!(failed.error.unwrap().contains("0000000000000003"));
    bucket.server.faults().remove(denied);
    assert_healed(&fixture, &bucket, &running, 3).await;
    running.stop().await;
}

/// Only a failure that may have taken effect makes a running process list again; then it sees what is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g2_a_gap_found_by_a_later_listing_is_healed_by_a_snapshot() {
    let (mut fixture, app, bucket) = patient();
    fixture.config.maintenance.levels = vec![Duration::from_millis(500)];
    let running = fixture.start_with(bucket.replica());
    for _ in 0..6 {
        rows(&app, "t", 1);
        running.sync().await;
    }
    let mut newest = running.sync().await;
    // Or level 1 may hold it already.
    while bucket.files(Level::new(1).unwrap()).iter().any(|&(_, max)| max + 2 >= newest) {
        rows(&app, "t", 1);
        newest = running.sync().await;
    }
    let lost = newest - 2;
    bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)).key("/0001/").once());
    bucket.lose(lost);
    rows(&app, "t", 1);
    running.sync().await;
    assert_healed(&fixture, &bucket, &running, lost).await;
    running.stop().await;
}
