//! The thinnest way through: a database, its replica, a clean stop.

use crate::support::{Fixture, rows};

#[tokio::test]
async fn commits_reach_the_replica_and_restore_to_the_same_pages() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE words (word TEXT)").unwrap();
    let running = fixture.start();
    let mut images = Vec::new();
    for round in 0..5 {
        rows(&app, "words", 20 * round);
        let synced = running.sync().await;
        images.push((synced, fixture.image()));
    }
    running.stop().await;
    for (txid, image) in images {
        assert_eq!(fixture.restore(txid), image, "TXID {txid}");
    }
}
