//! The replicator and the application in two processes.

use crate::support::Fixture;
use litestream_testkit::random::{self, Random};

#[tokio::test]
async fn every_txid_restores_across_processes() {
    let seed = random::seed_or(5);
    let (mut fixture, mut app) = Fixture::with_workload(4096, seed);
    fixture.config.min_checkpoint_pages = 20;
    let replicator = fixture.spawn().await;
    let mut random = Random::new(seed);
    let mut images = Vec::new();
    for _ in 0..40 {
        app.run(random.within(0..6)).unwrap();
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
    }
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1], "the WAL tells the rest");
    for (txid, image) in images {
        fixture.assert_restores(txid, &image);
    }
}
