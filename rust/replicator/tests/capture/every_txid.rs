//! Whatever an application does, every TXID restores to the pages that it had then.

use std::time::Duration;

use crate::support::Fixture;
use litestream_testkit::random::{self, Random};

async fn every_txid_restores(page_size: u32, seed: u64, steps: usize) {
    let seed = random::seed_or(seed);
    let (mut fixture, mut app) = Fixture::with_workload(page_size, seed);
    fixture.config.min_checkpoint_pages = 20;
    fixture.config.max_sync_wal_bytes = 256 << 10;
    let mut random = Random::new(seed);
    let running = fixture.start();
    let mut images = Vec::new();
    for _ in 0..steps {
        app.run(random.within(0..6)).unwrap();
        if random.chance(25) {
            tokio::time::sleep(Duration::from_millis(random.within(0..50))).await;
        }
        images.push(fixture.image_at_txid(async || running.sync().await).await);
    }
    running.stop().await;
    assert_eq!(fixture.full_captures(), [1], "the WAL tells the rest");
    assert!(fixture.wal_restarts() > 2, "only {} restarts of the WAL", fixture.wal_restarts());
    for (txid, image) in images {
        fixture.assert_restores(txid, &image);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_txid_restores_with_pages_of_512_bytes() {
    every_txid_restores(512, 1, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_txid_restores_with_pages_of_4096_bytes() {
    every_txid_restores(4096, 2, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_txid_restores_with_pages_of_65536_bytes() {
    every_txid_restores(65_536, 3, 30).await;
}
