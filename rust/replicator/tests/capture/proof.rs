//! G7: what the proof says of the live database is what its replica restores to.

use std::{fs, sync::atomic::Ordering, thread, time::Duration};

use crate::support::{
    Fixture,
    background::Background,
    flaky::{Flaky, Weather},
    restored::restore,
    rows,
};
use litestream_core::{
    Error,
    control::ProofRequest,
    replica::{Layout, Replica},
    restore::{IntegrityCheck, Target},
};
use litestream_replicator::server::Handler;
use litestream_testkit::random;
use ltx::{DatabaseChecksum, PageNumber, PageSize, Txid};

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
async fn a_proof_under_writes_and_checkpoints_equals_a_restore() {
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

/// However long it takes to read the database, and however soon files of level 0 go: captures come faster than merges.
#[tokio::test]
async fn g7_a_proven_transaction_can_be_restored_though_commits_are_captured_and_merged_meanwhile() {
    let mut fixture = Fixture::new(512);
    fixture.config.maintenance = crate::support::hasty();
    fixture.config.maintenance.levels = vec![Duration::from_secs(1)];
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(4000000))").unwrap();
    let pause = ("reading: before some pages", Duration::from_millis(110));
    let replicator = fixture.spawn_to_pause(&[pause]).ready().await;
    replicator.sync().await;
    let writer = Background::start(move |done| {
        while !done.load(Ordering::Relaxed) {
            rows(&app, "t", 1);
            thread::sleep(Duration::from_millis(5));
        }
    });
    let mut captured = 0;
    let proof = {
        let prove = replicator.proof();
        tokio::pin!(prove);
        loop {
            tokio::select! {
                proof = &mut prove => break proof,
                newest = replicator.capture() => captured = newest,
            }
        }
    };
    writer.end();
    replicator.stop();
    let output = fixture.folder.path().join("restored.sqlite3");
    let target = Target::Txid(Txid::new(proof.txid).unwrap());
    restore(&fixture.replica(), target, &output, IntegrityCheck::Full).await.unwrap();
    assert_eq!(checksum(&fs::read(output).unwrap(), 512), proof.checksum, "TXID {}", proof.txid);
    assert!(captured > proof.txid, "{captured} {}", proof.txid);
}

#[tokio::test]
async fn a_snapshot_has_everything_though_a_proof_takes_long() {
    let fixture = Fixture::new(512);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(2000000))").unwrap();
    let pause = ("reading: before some pages", Duration::from_millis(150));
    let replicator = fixture.spawn_to_pause(&[pause]).ready().await;
    replicator.sync().await;
    let mut newest = 0;
    let proof = {
        let prove = replicator.proof();
        tokio::pin!(prove);
        let snapshot = async || {
            rows(&app, "t", 1);
            let captured = replicator.capture().await;
            assert!(replicator.snapshot().await >= captured);
            captured
        };
        loop {
            tokio::select! {
                proof = &mut prove => break proof,
                captured = snapshot() => newest = captured,
            }
        }
    };
    assert!(newest > proof.txid);
    replicator.stop();
}

/// Files that are queued meanwhile are squashed.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g7_a_transaction_proven_while_the_store_is_away_can_be_restored_once_it_is_back() {
    let mut fixture = Fixture::new(4096);
    fixture.config.queue.files = 4;
    fixture.config.min_checkpoint_pages = 20;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let store = Flaky::new();
    let replica = Replica::new(store.clone(), Layout::S3 { path: "db".into() });
    let running = fixture.start_with(replica.clone());
    running.sync().await;
    store.set(Weather::Refuse("db/0000/"));
    let write_one = async || {
        rows(&app, "t", 1);
        running.capture().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for _ in 0..6 {
        write_one().await;
    }
    let write = async {
        let is_squashed = || fixture.staged_files().iter().any(|(min, max)| max - min > 5);
        while !is_squashed() {
            write_one().await;
        }
        store.set(Weather::Fair);
        // There is no waiting for the next attempt.
        running.sync().await;
    };
    let (proof, ()) = tokio::join!(running.proof(), write);
    let output = fixture.folder.path().join("restored.sqlite3");
    let target = Target::Txid(Txid::new(proof.txid).unwrap());
    restore(&replica, target, &output, IntegrityCheck::Full).await.unwrap();
    assert_eq!(checksum(&fs::read(output).unwrap(), 4096), proof.checksum, "TXID {}", proof.txid);
    running.stop().await;
}

/// The answer names the failure that the store gave meanwhile.
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
    assert!(refused.to_string().ends_with("flaky:// cannot be reached: connection reset"), "{refused}");
    store.set(Weather::Fair);
    running.sync().await;
    assert!(running.replicators.proof(request()).await.is_ok());
    running.stop().await;
}
