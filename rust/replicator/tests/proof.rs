//! G7: what the proof says of the live database is what its replica restores to.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, thread, time::Duration};

use litestream_testkit::random;
use ltx::{DatabaseChecksum, PageNumber, PageSize};
use support::{Fixture, background::Background};

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
