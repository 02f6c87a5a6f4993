//! G7: what the proof says of the live database is what its replica restores to.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, thread, time::Duration};

use litestream_core::{
    Error,
    control::ProofRequest,
    replica::{Layout, Replica},
};
use litestream_replicator::server::Handler;
use litestream_testkit::random;
use ltx::{DatabaseChecksum, PageNumber, PageSize};
use support::{
    Fixture,
    background::Background,
    flaky::{Flaky, Weather},
    rows,
};

#[test]
fn replicator_process() {
    support::process::replicator_process();
}

fn checksum(image: &[u8], page_size: u32) -> String {
    let lock_page = PageSize::new(page_size).unwrap().lock_page();
    let mut checksum = DatabaseChecksum::new();
    for (index, page) in image.chunks(page_size as usize).enumerate() {
        let number = PageNumber::new(index as u32 + 1).unwrap();
        if number != lock_page {
            checksum.add(number, page);
        }
    }
    checksum.value().to_string()
}

#[tokio::test]
async fn a_proof_under_writes_and_checkpoints_is_what_restores() {
    for page_size in [512, 4096] {
        let (mut fixture, mut app) = Fixture::with_workload(page_size, random::seed_or(9));
        fixture.config.min_checkpoint_pages = 20;
        let replicator = fixture.spawn().await;
        let writer = Background::start(move |done| {
            while !done.load(Ordering::Relaxed) {
                app.step().unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
        let mut proofs = Vec::new();
        for _ in 0..20 {
            proofs.push(replicator.proof().await);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        writer.end();
        replicator.stop();
        assert!(fixture.wal_restarts() > 2, "{}", fixture.wal_restarts());
        for proof in proofs {
            let image = fixture.restore(proof.txid);
            assert_eq!((image.len() as u32, proof.page_size), (proof.commit * page_size, page_size));
            assert_eq!(checksum(&image, page_size), proof.checksum, "TXID {}", proof.txid);
        }
    }
}

/// Whoever verifies hears that the store has not got it in time, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_proof_waits_for_the_store_no_longer_than_its_limit() {
    let fixture = Fixture::new(4096);
    fixture.app().execute_batch("CREATE TABLE t (x)").unwrap();
    let store = Flaky::new();
    let running = fixture.start_with(Replica::new(store.clone(), Layout::S3 { path: "db".into() }));
    running.sync().await;
    store.set(Weather::Refuse("db/0000/"));
    rows(&fixture.app(), "t", 1);
    let request = || ProofRequest { path: running.path.clone(), timeout: 1 };
    let refused = running.replicators.proof(request()).await.unwrap_err();
    assert!(matches!(refused, Error::Timeout { after, .. } if after <= Duration::from_secs(1)), "{refused}");
    store.set(Weather::Fair);
    running.sync().await;
    assert!(running.replicators.proof(request()).await.is_ok());
    running.stop().await;
}
