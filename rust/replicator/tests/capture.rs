//! Whatever an application does, every TXID restores to the pages that it had then.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::{Fixture, random::Random, workload};

async fn every_txid_restores(page_size: u32, seed: u64, steps: usize) {
    let mut fixture = Fixture::new(page_size);
    fixture.config.min_checkpoint_pages = 20;
    fixture.config.max_sync_wal_bytes = 256 << 10;
    let mut random = Random::seeded(seed);
    let app = fixture.app();
    workload::prepare(&app);
    let running = fixture.start();
    let mut images = Vec::new();
    for _ in 0..steps {
        for _ in 0..random.below(6) {
            workload::step(&app, &mut random);
        }
        if random.below(4) == 0 {
            tokio::time::sleep(Duration::from_millis(random.below(50).into())).await;
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
