//! The telemetry for a dashboard, and the snapshot that it may request.

use crate::support::{App, Fixture, rows};
use litestream_core::{
    Error,
    control::{SnapshotRequest, TelemetryReply},
    replica::Level,
};
use litestream_replicator::server::Handler;

async fn snapshot(running: &App) -> litestream_core::Result<(String, u64)> {
    let request = SnapshotRequest { path: running.path.clone(), timeout: 10 };
    running.replicators.snapshot(request).await.map(|reply| (reply.status, reply.txid))
}

async fn telemetry(running: &App) -> TelemetryReply {
    running.replicators.telemetry().await.unwrap()
}

#[tokio::test]
async fn a_snapshot_on_request_holds_everything_committed_before() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let running = fixture.start();
    running.sync().await;
    rows(&app, "t", 50);
    let (status, txid) = snapshot(&running).await.unwrap();
    assert_eq!((status.as_str(), txid), ("created", running.sync().await));

    let snapshots = fixture.replica().files(Level::SNAPSHOT, None).await.unwrap();
    assert_eq!(snapshots.iter().map(|file| file.txids.max().get()).max(), Some(txid));
    assert_eq!(snapshot(&running).await.unwrap(), ("no_change".to_owned(), txid));
    fixture.assert_restores(txid, &fixture.image());
    running.stop().await;
}

#[tokio::test]
async fn a_snapshot_of_an_unknown_database_is_refused() {
    let fixture = Fixture::new(4096);
    let mut running = fixture.start();
    running.path = "/elsewhere.sqlite3".into();
    assert!(matches!(snapshot(&running).await, Err(Error::Refused { .. })));
    running.stop().await;
}

#[tokio::test]
async fn telemetry_describes_the_process_and_each_database() {
    let fixture = Fixture::new(4096);
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    let running = fixture.start();
    let txid = running.sync().await;
    let reply = telemetry(&running).await;
    assert_eq!((reply.info.pid, reply.info.database_count, reply.sample_seconds), (std::process::id(), 1, 10));
    let database = &reply.databases[0];
    assert_eq!((database.listed.path.as_str(), database.listed.replicated_txid), (running.path.as_str(), txid));
    assert_eq!((database.phase.as_str(), &database.upload_error), ("replicating", &None));
    assert_eq!(database.lag.seconds.len(), database.lag.transactions.len());
    assert!(reply.memory_bytes.is_none_or(|bytes| bytes > 1 << 20));
    running.stop().await;
}
