//! Failures of the store, and requests that we never send.

use std::{sync::Arc, time::Duration};

use crate::support::{
    Fixture,
    flaky::{Flaky, Weather},
    rows,
};
use litestream_core::{
    Error,
    replica::{Layout, Level, Replica},
    store::{Body, ByteRange, Key, Object, PutOptions, Store},
};
use ltx::{Timestamp, Txid, TxidRange};

fn fixture() -> (Fixture, rusqlite::Connection, Arc<Flaky>) {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    (fixture, app, Flaky::new())
}

fn replica(store: &Arc<Flaky>) -> Replica {
    Replica::new(store.clone(), Layout::S3 { path: "db".into() })
}

fn key(txid: u64) -> Key {
    Layout::S3 { path: "db".into() }.key(Level::L0, TxidRange::single(Txid::new(txid).unwrap()))
}

async fn objects(store: &Flaky) -> Vec<Object> {
    let mut pages = store.inner.list("db/", None).await.unwrap();
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        objects.extend(page);
    }
    objects
}

async fn bytes(store: &Flaky, key: &Key) -> Vec<u8> {
    let mut chunks = store.inner.get(key, ByteRange::ALL).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await.unwrap() {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_store_that_is_down_makes_lag_grow_and_recovers_by_itself() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    let before = running.sync().await;
    store.set(Weather::Down);
    for _ in 0..5 {
        rows(&app, "t", 1);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let down = running.until("behind", |listed| listed.status == "error" && listed.txid >= before + 4).await;
    assert_eq!(down.replicated_txid, before);
    assert!(down.lag_seconds > 0.2, "{down:?}");
    assert!(down.error.unwrap().contains("flaky://"));

    store.set(Weather::Fair);
    let up = running.until("recovered", |listed| listed.replicated_txid == listed.txid && listed.error.is_none()).await;
    assert_eq!((up.status.as_str(), up.lag_seconds), ("replicating", 0.0));
    assert_eq!(objects(&store).await.len() as u64, up.txid, "every transaction, once");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_upload_whose_answer_was_lost_is_adopted() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    let before = running.sync().await;
    store.set(Weather::LoseNextAnswer);
    rows(&app, "t", 1);
    assert_eq!(running.sync().await, before + 1);
    rows(&app, "t", 1);
    assert_eq!(running.sync().await, before + 2);
    assert_eq!(running.listed().await.error, None);
    running.stop().await;
    assert_eq!(objects(&store).await.len() as u64, before + 2);
}

/// G4: the loser stops, says why, and harms nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_object_of_another_writer_stops_us_and_stays() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    let before = running.sync().await;
    // As long as ours will be, or not: it is the content that counts.
    let foreign = key(before + 1);
    let options = PutOptions { timestamp: Some(Timestamp::from_millis(1)), only_if_absent: true };
    store.put(&foreign, Body::Bytes(vec![7; 300].into()), options).await.unwrap();
    rows(&app, "t", 1);
    let error = running.try_sync().await.unwrap_err();
    assert!(matches!(&error, Error::Conflict { what, .. } if what.contains(foreign.as_str())), "{error}");
    let stopped = running.until("stopped", |listed| listed.status == "stopped").await;
    assert!(stopped.error.unwrap().contains(foreign.as_str()));
    assert!(matches!(running.try_sync().await, Err(Error::Conflict { .. })), "again");

    rows(&app, "t", 50);
    assert_eq!(bytes(&store, &foreign).await, vec![7; 300]);
    assert_eq!(objects(&store).await.len() as u64, before + 1, "nothing behind it either");
    // The read lock is gone: the application may restart its WAL.
    let busy: i32 = app.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
    running.stop().await;
}

/// Two machines, one replica: the same TXID with the same size and header but another page.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_twin_with_other_pages_is_a_conflict() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    let before = running.sync().await;
    store.set(Weather::Down);
    rows(&app, "t", 1);
    running.until("captured", |listed| listed.txid == before + 1).await;
    let path = fixture.config.meta_path.join("ltx/0").join(format!("{0:016x}-{0:016x}.ltx", before + 1));
    let mut twin = std::fs::read(path).unwrap();
    let end = twin.len();
    twin[end - 1] ^= 1;
    store.set(Weather::Fair);
    store.inner.put(&key(before + 1), Body::Bytes(twin.into()), PutOptions::default()).await.unwrap();
    assert!(matches!(running.try_sync().await, Err(Error::Conflict { .. })));
    running.stop().await;
}

/// A failing listing is no empty replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_begins_before_the_replica_can_be_read() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    rows(&app, "t", 5);
    let before = running.sync().await;
    running.stop().await;
    std::fs::remove_dir_all(&fixture.config.meta_path).unwrap();

    store.set(Weather::Down);
    let running = fixture.start_with(replica(&store));
    let down = running.until("reported", |listed| listed.error.is_some()).await;
    assert_eq!((down.txid, down.status.as_str()), (0, "error"));
    assert!(matches!(running.try_sync().await, Err(Error::Store(_))));
    tokio::time::sleep(Duration::from_millis(200)).await;
    store.set(Weather::Fair);
    let up = running.until("replicating", |listed| listed.replicated_txid > before).await;
    assert_eq!(up.replicated_txid, before + 1, "behind what was there");
    running.stop().await;
}

/// The end is not put off for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn stopping_while_the_store_is_down_ends_in_time_and_loses_nothing() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with_last_sync(replica(&store), Duration::from_millis(700));
    let before = running.sync().await;
    store.set(Weather::Down);
    rows(&app, "t", 1);
    let started = std::time::Instant::now();
    running.stop().await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(fixture.staged(), [before, before + 1]);

    store.set(Weather::Fair);
    let running = fixture.start_with(replica(&store));
    let up = running.until("uploaded", |listed| listed.replicated_txid > before).await;
    assert_eq!(up.txid, before + 1);
    running.stop().await;
}

/// No transaction could follow such a one: its name is not that of a file of the replica, or nothing is replicated and
/// the error says what to do. The task goes on in both cases.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_name_with_the_last_txid_of_all_ends_no_task() {
    let (fixture, app, store) = fixture();
    let running = fixture.start_with(replica(&store));
    let before = running.sync().await;
    running.stop().await;
    let foreign = |txid: u64| Key::new(format!("db/0000/{txid:016x}-{txid:016x}.ltx"));
    store.put(&foreign(u64::MAX), Body::Bytes(vec![7; 300].into()), PutOptions::default()).await.unwrap();

    let running = fixture.start_with(replica(&store));
    rows(&app, "t", 1);
    assert_eq!(running.sync().await, before + 1, "passed over");
    running.stop().await;

    store.put(&foreign(Txid::MAX.get()), Body::Bytes(vec![7; 300].into()), PutOptions::default()).await.unwrap();
    let running = fixture.start_with(replica(&store));
    rows(&app, "t", 1);
    let why = "it ends with TXID fffffffffffffffe, the last there can be";
    running.until("refused", |listed| listed.error.as_ref().is_some_and(|error| error.contains(why))).await;
    running.stop().await;
}
