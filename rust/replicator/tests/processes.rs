//! The replicator and the application in two processes.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Fixture, random::Random, workload};

#[test]
fn replicator_process() {
    support::process::replicator_process();
}

#[tokio::test]
async fn every_txid_restores_across_processes() {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 20;
    let app = fixture.app();
    workload::prepare(&app);
    let replicator = fixture.spawn().await;
    let mut random = Random::seeded(5);
    let mut images = Vec::new();
    for _ in 0..40 {
        for _ in 0..random.below(6) {
            workload::step(&app, &mut random);
        }
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
    }
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1], "the WAL tells the rest");
    for (txid, image) in images {
        fixture.assert_restores(txid, &image);
    }
}
