//! The cost of idle replication: no request at all. The process knows its own uploads.

use std::{cell::Cell, time::Duration};

use crate::support::{
    App, Fixture,
    bucket::{Bucket, key},
    rows,
};
use litestream_core::{
    config::{MaintenanceConfig, Retention},
    control::ListedDatabase,
    replica::Level,
};
use litestream_testkit::s3::{Effect, Fault, Operation};
use rusqlite::Connection;

/// A minute's share of every interval is a second.
fn hasty() -> MaintenanceConfig {
    MaintenanceConfig {
        levels: [500, 1000, 2000].map(Duration::from_millis).to_vec(),
        snapshot_interval: Duration::from_secs(3),
        retention: Retention { l0: Duration::from_secs(1), snapshots: Duration::from_secs(2) },
        l0_check_interval: Duration::from_millis(250),
        delete: true,
    }
}

async fn start() -> (Fixture, Connection, Bucket, App) {
    let mut fixture = Fixture::new(4096);
    fixture.config.maintenance = hasty();
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    for _ in 0..20 {
        rows(&app, "t", 1);
        running.sync().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (fixture, app, bucket, running)
}

/// Requests until none comes for a while.
async fn settle(bucket: &Bucket) -> u64 {
    loop {
        let before = bucket.server.requests().total();
        tokio::time::sleep(Duration::from_millis(3500)).await;
        if bucket.server.requests().total() == before {
            return before;
        }
    }
}

/// Waits without a sync, whose reply might still be an earlier failure.
async fn well_again(running: &App) {
    running.until("well again", |listed| listed.error.is_none() && listed.lag_txids == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_idle_minute_costs_no_request() {
    let (_fixture, app, bucket, running) = start().await;
    let before = settle(&bucket).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(bucket.server.requests().total(), before, "{:?}", bucket.server.requests().counts());
    assert!(bucket.server.requests().count(Operation::DeleteObjects) > 0, "there was something to keep small");
    let lists = bucket.server.requests().count(Operation::ListObjectsV2);
    assert_eq!(lists, 11, "each level once at the start, and the place of a 0.3 replica since all were empty");

    rows(&app, "t", 1);
    running.sync().await;
    settle(&bucket).await;
    assert_eq!(bucket.server.requests().count(Operation::ListObjectsV2), lists, "nor when it goes on");
    running.stop().await;
}

/// Only then the process does not know what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn only_a_failure_that_may_have_taken_effect_lists_again() {
    let (_fixture, app, bucket, running) = start().await;
    settle(&bucket).await;
    let lists = || bucket.server.requests().count(Operation::ListObjectsV2);
    let before = lists();
    // A request that the client repeats by itself is not a failure yet.
    bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(503)).once());
    rows(&app, "t", 1);
    running.sync().await;
    settle(&bucket).await;
    assert_eq!(lists(), before);

    // An upload that was refused did not take effect.
    let refused = Fault::on(Operation::PutObject, Effect::Status(403)).key("/0000/").once();
    let refused = bucket.server.faults().add(refused);
    rows(&app, "t", 1);
    running.until("refused", |_| bucket.server.faults().hits(refused) == 1).await;
    well_again(&running).await;
    settle(&bucket).await;
    assert_eq!(lists(), before);

    // An upload without an answer may have arrived.
    let silent = bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Reset).key("/0000/"));
    rows(&app, "t", 1);
    running.until("reported", |listed| listed.error_code.as_deref() == Some("unreachable")).await;
    bucket.server.faults().remove(silent);
    well_again(&running).await;
    settle(&bucket).await;
    let listed = lists() - before;
    assert!(listed > 0 && listed % 10 == 0 && listed <= 30, "{listed}");
    let before = lists();

    // A deletion that failed may have taken anything along.
    let lost = bucket.server.faults().add(Fault::on(Operation::DeleteObjects, Effect::Status(403)).once());
    rows(&app, "t", 1);
    running.sync().await;
    settle(&bucket).await;
    assert_eq!((bucket.server.faults().hits(lost), lists()), (1, before + 10));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn refusals_do_not_list_again_and_again() {
    let (_fixture, app, bucket, running) = start().await;
    let lists = || bucket.server.requests().count(Operation::ListObjectsV2);
    let before = lists();
    // An upload.
    let denied = bucket.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)).key("/0000/"));
    rows(&app, "t", 1);
    running.until("refused again", |_| bucket.server.faults().hits(denied) >= 3).await;
    bucket.server.faults().remove(denied);
    well_again(&running).await;
    settle(&bucket).await;
    assert_eq!(lists(), before);

    // A merge that is refused is looked into once.
    let denied = [Operation::PutObject, Operation::CopyObject]
        .map(|merge| bucket.server.faults().add(Fault::on(merge, Effect::Status(403)).key("/0001/")));
    rows(&app, "t", 1);
    running.sync().await;
    let hits = || denied.iter().map(|&rule| bucket.server.faults().hits(rule)).sum::<u64>();
    running.until("refused again", |_| hits() >= 3).await;
    assert_eq!(lists(), before + 10);
    assert!(denied.into_iter().all(|rule| bucket.server.faults().remove(rule)));
    well_again(&running).await;
    settle(&bucket).await;
    assert_eq!(lists(), before + 10);
    running.stop().await;
}

/// A lock on one object denies its deletion, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn objects_left_by_a_deletion_are_all_that_is_deleted_again() {
    let (_fixture, app, bucket, running) = start().await;
    let locked = *bucket.files(Level::L0).last().unwrap();
    bucket.server.lock_objects(&key(locked.0));
    for _ in 0..3 {
        for _ in 0..5 {
            rows(&app, "t", 1);
            running.sync().await;
        }
        let others = || bucket.files(Level::L0).into_iter().filter(|&file| file != locked).count();
        running.until("the others are deleted", |_| others() <= 1).await;
        assert!(bucket.files(Level::L0).contains(&locked));
    }
    let deletions = || bucket.server.requests().counts().get(&Operation::DeleteObjects).copied().unwrap_or_default();
    let denied = |listed: &ListedDatabase| listed.error_code.as_deref() == Some("denied");
    running.until("denied again", denied).await;
    // Files that become due for deletion in these seconds are included once.
    let seen = Cell::new(deletions());
    let names_one_object = |_: &ListedDatabase| {
        let (before, now) = (seen.replace(deletions()), seen.get());
        let (requests, bytes) = (now.requests - before.requests, now.bytes_in - before.bytes_in);
        requests > 0 && bytes < requests * 400
    };
    running.until("only the locked one is to be deleted", names_one_object).await;
    assert!(bucket.files(Level::L0).contains(&locked));
    running.stop().await;
}
